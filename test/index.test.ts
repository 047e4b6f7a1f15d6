import { expect } from 'chai';

import * as surface from '../lib/index.ts';
import { everyExport } from './support/export_readme.ts';

describe('what the package exports', () => {
  it('says in a docstring what it does, and a function how it is called', () => {
    const undocumented = everyExport().filter(({ docstring }) => !docstring?.trim());
    expect(undocumented.map(({ name, file }) => `${file}: ${name}`)).to.deep.equal([]);
    const bare = everyExport().filter(({ isFunction, docstring }) => isFunction && !docstring?.includes('@example'));
    expect(bare.map(({ name, entry }) => `${entry}: ${name}`)).to.deep.equal([]);
    const untold = everyExport().filter(({ takes, docstring }) => takes && !docstring?.includes('@param'));
    expect(untold.map(({ name, entry }) => `${entry}: ${name}`)).to.deep.equal([]);
    const unmentioned = everyExport().flatMap(({ name, parameters, docstring }) =>
      parameters.filter((one) => !docstring?.includes(`@param ${one}`)).map((one) => `${name}: ${one}`),
    );
    expect(unmentioned).to.deep.equal([]);
    const silent = everyExport().filter(({ throwsFirst, docstring }) => throwsFirst && !docstring?.includes('@throws'));
    expect(silent.map(({ name }) => name)).to.deep.equal([]);
  });

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
