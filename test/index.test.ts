import { expect } from 'chai';

import * as surface from '../lib/index.ts';

describe('what the package exports', () => {
  it('is this, and grows by intention only', () => {
    expect(Object.keys(surface).sort()).to.deep.equal([
      'ConfigError',
      'OperationalError',
      'ProfileViolationError',
      'accountsFrom',
      'attach',
      'clientCertificate',
      'configure',
      'dpopNonces',
      'fapi2MessageSigning',
      'fapi2SecurityProfile',
      'interactionPolicy',
      'interactionUrl',
      'interactions',
      'introspection',
      'knexAdapter',
      'listedAccounts',
      'loadConfig',
      'loadKeys',
      'migrate',
      'migrateDown',
      'openDatabase',
      'pages',
      'protect',
      'schemaStatus',
      'startServer',
      'storedAccounts',
      'tokensOf',
      'unitOfWork',
      'violations',
    ]);
  });
});
