import { expect } from 'chai';

import * as surface from '../lib/ecosystems.ts';

describe('what the package exports for ecosystems', () => {
  it('is this, and grows by intention only', () => {
    expect(Object.keys(surface).sort()).to.deep.equal([
      'Consents',
      'Refusal',
      'accessTokenLifetime',
      'authenticationContext',
      'cbuae',
      'checked',
      'clientCertificate',
      'consents',
      'detailsRequired',
      'endOf',
      'essentialClaims',
      'intentClaim',
      'ksa',
      'namedInScope',
      'onlyPrivateKeyJwt',
      'onlyPs256',
      'openbankingBrazil',
      'openbankingUk',
      'parsed',
      'permissions',
      'permissionsOf',
      'specification',
      'termsOf',
      'time',
      'zulu',
    ]);
  });
});
