import { expect } from 'chai';

import * as surface from '../lib/ecosystems.ts';

describe('what the package exports for ecosystems', () => {
  it('is this, and grows by intention only', () => {
    expect(Object.keys(surface).sort()).to.deep.equal([
      'Consents',
      'Refusal',
      'accessTokenLifetime',
      'apiVersion',
      'authenticationContext',
      'cbuae',
      'checked',
      'clientCertificate',
      'connectidAu',
      'consents',
      'consumerdatarightAu',
      'detailsRequired',
      'encryptedIdTokens',
      'endOf',
      'essentialClaims',
      'identityClaims',
      'intentClaim',
      'ksa',
      'levelsOfAssurance',
      'namedInScope',
      'onlyPairwise',
      'onlyPrivateKeyJwt',
      'onlyPs256',
      'openbankingBrazil',
      'openbankingUk',
      'parsed',
      'permissions',
      'permissionsOf',
      'purpose',
      'requestObjectLifetime',
      'specification',
      'termsOf',
      'time',
      'verifiedClaims',
      'zulu',
    ]);
  });
});
