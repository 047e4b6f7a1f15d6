import { readFileSync } from 'node:fs';

import { expect } from 'chai';
import { exportJWK, generateKeyPair } from 'jose';
import { parse } from 'yaml';

import { type Ecosystem, ecosystem, ways } from '../profiles/ecosystem.ts';
import { modules } from './modules.ts';
import { ecosystemRows } from './rows/ecosystems.ts';
import { party } from './rows/setting.ts';

const encryption = await generateKeyPair('RSA-OAEP-256');

/** What clients of a profile have besides the usual. */
const metadata: Readonly<Record<string, (index: 0 | 1) => Promise<object>>> = {
  'consumerdataright-au': async (index) => {
    const { key, kid } = party(ways, index);
    const { kty, n, e } = await exportJWK(key as never);
    const enc = { ...(await exportJWK(encryption.publicKey)), kid: 'enc', use: 'enc' };
    return {
      id_token_encrypted_response_alg: 'RSA-OAEP-256',
      jwks: { keys: [{ kty, n, e, kid, alg: 'PS256', use: 'sig' }, enc] },
    };
  },
};

const profiles = ['connectid-au', 'consumerdataright-au'] as const;

/** `P:x` belongs to x alone, `-P:x` to all but x, as the suite's profiles spell themselves. */
function belongs(flags: string, profile: string): boolean {
  const [, not, names] = /(-?)P:(\S+)/.exec(flags) ?? [];
  const own = names?.split(',').some((name) => profile.replaceAll('-', '_').includes(name));
  return own === undefined || own === (not !== '-');
}

describe('The modules of the conformance suite that belong to ecosystems', () => {
  for (const profile of profiles) {
    describe(profile, () => {
      let eco: Ecosystem;
      before(async () => {
        const { accounts } = parse(readFileSync(`config/ecosystems/${profile}.yaml`, 'utf8'));
        eco = await ecosystem(profile, { claims: accounts[0].claims, client: metadata[profile] ?? {} });
      });
      after(() => eco.server.close());

      for (const [name, row] of Object.entries(ecosystemRows)) {
        const module = modules.find((one) => one.name === name);
        if (!module) throw new TypeError(`${name} is no module of the suite`);
        if (!belongs(module.flags, profile)) continue;
        it(`${name} [${module.clauses.join(' ')}]`, () => row({ ...eco, brief: async () => eco.first }));
      }
    });
  }

  it('have a row where their ecosystem is one of these', () => {
    const theirs = modules.filter(({ flags }) => /(^|\s)P:connectid|-P:plain/.test(flags));
    expect(Object.keys(ecosystemRows)).to.have.members(theirs.map(({ name }) => name));
  });
});
