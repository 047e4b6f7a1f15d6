import { expect } from 'chai';

import * as surface from '../lib/index.ts';

describe('what the package exports', () => {
  it('is this, and grows by intention only', () => {
    expect(Object.keys(surface).sort()).to.deep.equal([
      'ConfigError',
      'OperationalError',
      'ProfileViolationError',
      'accountsFrom',
      'clientCertificate',
      'dpopNonces',
      'fapi2MessageSigning',
      'fapi2SecurityProfile',
      'fapiProvider',
      'interactionPolicy',
      'interactionUrl',
      'interactions',
      'introspection',
      'judge',
      'knexAdapter',
      'listedAccounts',
      'loadKeys',
      'logTo',
      'migrate',
      'migrateDown',
      'migrationNames',
      'migrationSource',
      'openDatabase',
      'openStore',
      'pages',
      'protect',
      'schemaStatus',
      'stages',
      'storedAccounts',
      'tokensOf',
      'unitOfWork',
      'violations',
    ]);
  });
});
