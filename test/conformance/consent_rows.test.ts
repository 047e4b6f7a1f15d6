import { expect } from 'chai';

import { brazil, ksa, uk } from '../profiles/cases.ts';
import { type ConsentCase, ConsentClient } from '../profiles/consents.ts';
import { type Ecosystem, type EcosystemOptions, ecosystem } from '../profiles/ecosystem.ts';
import { modules } from './modules.ts';
import { expectedModules, plans, shortName } from './plans.ts';
import { ofEcosystems } from './rows/consents.ts';
import { flows } from './rows/flows.ts';
import type { Rows } from './rows/row.ts';
import type { SuiteClient } from './rows/suite_client.ts';
import { tokens } from './rows/token.ts';

const rows: Rows = { ...flows, ...tokens, ...ofEcosystems };

/** Modules that meet what ecosystems add; the others have rows that plain FAPI runs in every variant. */
const touched = [
  'happy-flow',
  'user-rejects-authentication',
  'ensure-authorization-request-without-nonce-success',
  'test-claims-parameter-identity-claims',
  'ensure-holder-of-key-required',
  'refresh-token',
  ...Object.keys(ofEcosystems),
];

/** An ecosystem as the suite's clients meet it. */
interface Setting {
  readonly options: EcosystemOptions;
  readonly consents?: ConsentCase;
}

const settings: Readonly<Record<string, Setting>> = {
  cbuae: { options: { client: { authorization_details_types: ['payment_initiation'] }, rich: true } },
  ksa: { options: ksa.options, consents: ksa },
  'openbanking-brazil': { options: brazil.options, consents: brazil },
  'openbanking-uk': { options: uk.options, consents: uk },
};

/** Registers a consent before each push, and names it. */
function consenting(client: SuiteClient, consents: ConsentCase | undefined): SuiteClient {
  if (!consents) return client;
  client.consenting = async (asked) => {
    const id = await new ConsentClient(consents, client).consent();
    const { params, otherwise } = consents.asking(client, id);
    const object = otherwise?.object;
    const more = `${asked.scope}`.includes('profile') ? ' profile' : '';
    return { params: { ...asked, scope: params.scope + more }, ...(object && { object }) };
  };
  return client;
}

for (const [name, { options, consents }] of Object.entries(settings)) {
  describe(`The modules of the conformance suite for ${name}`, () => {
    let eco: Ecosystem;
    before(async () => {
      const own = { given_name: 'Conny', name: 'Conny Formance' };
      eco = await ecosystem(name as 'ksa', { ...options, claims: { ...own, ...options.claims } });
    });
    after(() => eco.server.close());

    const plan = plans.find(({ provider }) => provider === name);
    const expected = plan ? expectedModules(plan).map(shortName) : [];
    it('are in its plan', () => {
      expect(expected).to.have.length.above(59);
    });

    for (const module of touched.filter((each) => expected.includes(each))) {
      const { clauses = [] } = modules.find((each) => each.name === module) ?? {};
      it(`${module} [${clauses.join(' ')}]`, async () => {
        const first = consenting(await eco.again(0), consents);
        const second = consenting(await eco.again(1), consents);
        await rows[module]?.({ first, second, brief: () => Promise.reject(new TypeError('not in these rows')) });
      });
    }
  });
}

describe('The modules of ecosystems with consents', () => {
  it('have rows, each that is in a plan', () => {
    const of = (flags: string) => /P:(uk|brazil)|-P:plain/.test(flags);
    expect(Object.keys(ofEcosystems)).to.have.members(modules.filter(({ flags }) => of(flags)).map(({ name }) => name));
  });
});
