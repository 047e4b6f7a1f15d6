import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect } from 'chai';

import { profiles } from '../../lib/profiles/profiles.ts';

/** Clauses that core or the adapter holds whatever a profile says, by mechanism; `holds()` tries them. */
const heldBelow: Readonly<Record<string, readonly string[]>> = {
  authorization_code: ['FAPI2-SP-FINAL-5.3.2.2-9', 'RFC6749-4.1.2'],
  introspection: ['RFC7662-4'],
  jar: ['FAPI2-MS-ID1-5.3.1-2'],
};

/** Mechanisms of several ecosystems, which test/profiles has refuse what they refuse. */
const elsewhere = ['client_certificate', 'only_ps256', 'only_private_key_jwt'].map((name) => `ecosystems/${name}`);

const withoutIt = /(?<clause>[A-Z0-9]+-\S+) (?:is no longer held without|refuses .* which) (?<by>[\w/]+)/;

/** Mechanism and clause of every test that is red where the mechanism is missing, without running one. */
async function proven(): Promise<Set<string>> {
  const mocha = ['node_modules/mocha/bin/mocha.js', '--dry-run', '--no-parallel', '--reporter', 'json'];
  const files = ['test/fapi/*.test.ts', 'test/server/log.test.ts'];
  const { stdout } = await promisify(execFile)(process.execPath, [...mocha, ...files], { maxBuffer: 2 ** 26 });
  const { tests } = JSON.parse(stdout.slice(stdout.indexOf('{\n'))) as { tests: { title: string }[] };
  return new Set(
    tests.flatMap(({ title }) => {
      const { clause, by } = withoutIt.exec(title)?.groups ?? {};
      return clause ? [`${by} ${clause}`] : [];
    }),
  );
}

describe('Every clause', () => {
  it('has a test that is red without its mechanism', async () => {
    const tried = await proven();
    const names = ['fapi2-security-profile', 'fapi2-message-signing', 'connectid-au', 'consumerdataright-au'];
    const mechanisms = names.flatMap(
      (name) => profiles[name as keyof typeof profiles]({ mtls: { url: 'https://localhost:9444' } }).mechanisms,
    );
    const untried = mechanisms.flatMap(({ name, clauses }) =>
      clauses
        .filter(
          ({ id }) =>
            name !== 'core' &&
            !elsewhere.includes(name) &&
            !heldBelow[name]?.includes(id) &&
            !tried.has(`${name} ${id}`),
        )
        .map(({ id }) => `${name} ${id}`),
    );
    expect([...new Set(untried)]).to.deep.equal([]);
  });
});
