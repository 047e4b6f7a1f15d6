import { expect } from 'chai';
import { decodeJwt } from 'jose';

import { profiles } from '../../lib/profiles/profiles.ts';
import { ofEcosystems } from '../conformance/rows/consents.ts';
import * as expectations from '../conformance/rows/expectations.ts';
import { brazil, cpf, ksa, uk } from './cases.ts';
import { type ConsentCase, ConsentClient } from './consents.ts';
import { type Ecosystem, type EcosystemOptions, ecosystem } from './ecosystem.ts';

/** Tries one clause: throws where it is not held. */
type Trial = (eco: Ecosystem) => Promise<void>;

/** An ecosystem's server without some of its mechanisms. */
async function serverOf(file: string, options: EcosystemOptions, without: readonly string[]): Promise<Ecosystem> {
  const profile = profiles[file as keyof typeof profiles];
  return ecosystem('fapi2-security-profile', {
    ...options,
    file,
    given: {
      profile: (settings) => {
        const { name, mechanisms } = profile(settings);
        return { name, mechanisms: mechanisms.filter((mechanism) => !without.includes(mechanism.name)) };
      },
    },
  });
}

const clientOf = (kase: ConsentCase, { first }: Ecosystem) => new ConsentClient(kase, first);

const pushWithoutCertificate: Trial = async ({ first }) =>
  expectations.par(await first.push(first.params, { certificate: false }), 'invalid_request');

const consentOf =
  (kase: ConsentCase): Trial =>
  async (eco) => {
    const client = clientOf(kase, eco);
    const id = await client.consent();
    await client.flow(id);
    expect(await client.state(id)).to.equal(kase.states.authorised);
  };

const metadata = async ({ first, server }: Ecosystem) =>
  (await first.request(`${server.issuer}/.well-known/openid-configuration`)).body;

const rich: EcosystemOptions = { client: { authorization_details_types: ['payment_initiation'] }, rich: true };

/** Each mechanism of an ecosystem, where it is one's, and what falls with it. */
const trials: readonly [file: string, mechanism: string, clause: string, EcosystemOptions, Trial][] = [
  ['ksa', 'client_certificate', 'KSAOB-MTLS', ksa.options, pushWithoutCertificate],
  ['ksa', 'consents', 'KSAOB-CONSENT-API', ksa.options, consentOf(ksa)],
  [
    'cbuae',
    'only_ps256',
    'OFUAE-2.3',
    rich,
    async (eco) =>
      expect((await metadata(eco)).request_object_signing_alg_values_supported).to.deep.equal(['PS256']) as never,
  ],
  [
    'cbuae',
    'only_private_key_jwt',
    'OFUAE-2.1-3',
    rich,
    async (eco) =>
      expect((await metadata(eco)).token_endpoint_auth_methods_supported).to.deep.equal(['private_key_jwt']) as never,
  ],
  [
    'cbuae',
    'details_required',
    'OFUAE-2.1-6',
    rich,
    async ({ first }) => {
      const { authorization_details: _, ...params } = first.params;
      const answer = await first.push(params, { object: { authorization_details: undefined } });
      expectations.par(answer, 'invalid_request');
    },
  ],
  [
    'openbanking-brazil',
    'authentication_context',
    'BRAZILOB-5.2.2-13',
    brazil.options,
    async (eco) => {
      const client = clientOf(brazil, eco);
      const { claims } = await client.flow(await client.consent());
      expect(claims?.acr).to.equal('urn:brasil:openbanking:loa2');
    },
  ],
  [
    'openbanking-uk',
    'authentication_context',
    'OBSP-3.4-2',
    uk.options,
    async (eco) => {
      const client = clientOf(uk, eco);
      eco.first.consenting = async (asked) => {
        const { params, otherwise } = uk.asking(eco.first, await client.consent());
        const object = otherwise?.object;
        return { params: { ...asked, scope: params.scope }, ...(object && { object }) };
      };
      await ofEcosystems['test-essential-acr-sca-claim']?.({ ...eco, brief: async () => eco.first });
    },
  ],
  [
    'openbanking-uk',
    'intent_claim',
    'OBSP-3.4-3',
    uk.options,
    async (eco) => {
      const client = clientOf(uk, eco);
      const id = await client.consent();
      expect((await client.flow(id)).claims?.openbanking_intent_id).to.equal(id);
    },
  ],
  [
    'openbanking-brazil',
    'essential_claims',
    'BRAZILOB-5.2.2-4',
    brazil.options,
    async (eco) => {
      const client = clientOf(brazil, eco);
      const { params } = brazil.asking(eco.first, await client.consent());
      const claims = { id_token: { cpf: { essential: true, value: cpf } } };
      const code = await expectations.fresh(eco.first, params, { object: { claims } });
      expect(decodeJwt((await eco.first.exchange(code)).body.id_token).cpf).to.equal(cpf);
    },
  ],
  [
    'openbanking-brazil',
    'access_token_lifetime',
    'BRAZILOB-5.2.2-12',
    { ...brazil.options, set: ['ttl.access_token=200'] },
    async (eco) => {
      const client = clientOf(brazil, eco);
      const { params } = brazil.asking(eco.first, await client.consent());
      const { body } = await eco.first.exchange(await expectations.fresh(eco.first, params));
      expect(body.expires_in).to.be.within(300, 900);
    },
  ],
];

const files = [...new Set(trials.map(([file]) => file))];

describe('An ecosystem’s clause falls with the mechanism that holds it', () => {
  for (const file of files) {
    const own = trials.filter(([of]) => of === file);

    describe(file, () => {
      let eco: Ecosystem;
      before(async () => {
        // Without all of them at once: a server for each would take ten times as long.
        const without = own.map(([, mechanism]) => `ecosystems/${mechanism}`);
        const options: EcosystemOptions = Object.assign({}, ...own.map(([, , , more]) => more));
        eco = await serverOf(file, options, without);
      });
      after(() => eco.server.close());

      for (const [, mechanism, clause, , trial] of own) {
        it(`${clause} is no longer held without ecosystems/${mechanism}`, async () => {
          const outcome = await trial({ ...eco, first: await eco.again(0) }).then(
            () => 'held',
            () => 'fallen',
          );
          expect(outcome).to.equal('fallen');
        });
      }
    });
  }
});
