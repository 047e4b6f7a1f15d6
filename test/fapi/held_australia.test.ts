import { expect } from 'chai';
import { decodeJwt } from 'jose';

import { listedAccounts } from '../../lib/accounts/listed.ts';
import { clientViolations, type Profile } from '../../lib/profile.ts';
import { connectidAu } from '../../lib/profiles/connectid_au.ts';
import { consumerdatarightAu } from '../../lib/profiles/consumerdataright_au.ts';
import type { ProfileSettings } from '../../lib/profiles/fapi2_security_profile.ts';
import { without } from '../support/configuration.ts';
import { closeAll, held } from '../support/held.ts';
import type { Answer, RawClient } from '../support/raw_client.ts';

const now = () => Math.floor(Date.now() / 1000);
const day = 86_400;

/** The profile for a client without a certificate, whose keys are not RSA ones. */
const bare =
  (make: (settings?: ProfileSettings) => Profile) =>
  (settings: ProfileSettings): Profile =>
    ['ecosystems/client_certificate', 'ecosystems/only_ps256', 'ecosystems/only_private_key_jwt']
      .filter((name) => make(settings).mechanisms.some((mechanism) => mechanism.name === name))
      .reduce(without, make(settings));

async function push(client: RawClient, more: object, times: object = {}): Promise<Answer> {
  const { prompt: _, ...own } = client.params;
  const params = { ...own, scope: 'openid', ...more };
  return client.push({ client_id: 'client', request: await client.requestObject(params, times) });
}

// biome-ignore lint/suspicious/noExplicitAny: what a server answers is what a test looks into
async function tokens(client: RawClient, more: object): Promise<any> {
  const pushed = await push(client, more);
  expect(pushed.status, JSON.stringify(pushed.body)).to.equal(201);
  const landed = await client.authorize(pushed.body.request_uri);
  const { status, body } = await client.exchange(landed.searchParams.get('code') ?? '');
  expect(status, `${landed.search} ${JSON.stringify(body)}`).to.equal(200);
  return body;
}

function refused({ status, body }: Answer, error: string): void {
  expect({ status, error: body.error }, JSON.stringify(body)).to.deep.equal({ status: 400, error });
}

const metadata = async (client: RawClient) => (await client.request('/.well-known/openid-configuration')).body;

describe('What connectid-au holds falls with the mechanism that holds it', () => {
  after(closeAll);
  const profile = bare(connectidAu);
  const common = { profile, settings: { subject: { pairwiseSalt: Buffer.alloc(32, 3) } } };
  const purpose = 'to open an account';

  const lifetime = { ...common, by: 'ecosystems/request_object_lifetime' };
  held('CID-SP-4.2-10', lifetime, async (client) => {
    refused(await push(client, { purpose }, { exp: now() + 660 }), 'invalid_request_object');
    expect((await push(client, { purpose }, { exp: now() + 590 })).status).to.equal(201);
  });
  held('CID-SP-4.2-11', lifetime, async (client) => {
    refused(await push(client, { purpose }, { nbf: now() - 960, exp: now() - 960 + 600 }), 'invalid_request_object');
    refused(await push(client, { purpose }, { nbf: now() - 960, exp: now() + 60 }), 'invalid_request_object');
  });
  held('CID-IDA-5.1-4', { ...common, by: 'ecosystems/only_pairwise' }, async (client) => {
    expect((await metadata(client)).subject_types_supported).to.deep.equal(['pairwise']);
  });
  held('CID-PURPOSE-3', { ...common, by: 'ecosystems/purpose' }, async (client) => {
    refused(await push(client, { purpose: 'ab' }), 'invalid_request');
    refused(await push(client, {}), 'invalid_request');
  });
  const own = { ttl: { AccessToken: () => 3000 } };
  held('CID-SP-4.2-2', { ...common, own, by: 'ecosystems/access_token_lifetime' }, async (client) => {
    expect((await tokens(client, { purpose })).expires_in).to.equal(600);
  });

  const identity = { ...common, by: 'ecosystems/identity_claims' };
  held('CID-IDA-5.1-1', identity, async (client) => {
    expect((await metadata(client)).claims_parameter_supported).to.equal(true);
  });
  held('CID-IDA-5.1-2', identity, async (client) => {
    refused(await push(client, { purpose, claims: { id_token: { acr: null } } }), 'invalid_request');
  });
  held('CID-IDA-5.1-3', identity, async (client) => {
    expect((await metadata(client)).claims_supported).to.include.members(['middle_name', 'birthdate', 'address']);
  });
  held('CID-IDA-5.1-6', identity, async (client) => {
    expect(decodeJwt((await tokens(client, { purpose })).id_token).txn).to.be.a('string');
  });

  const verified = { ...common, by: 'ecosystems/verified_claims' };
  held('CID-IDA-5.1-11', verified, async (client) => {
    const verified_claims = { verification: { trust_framework: { value: 'de_aml' } }, claims: { over18: null } };
    refused(await push(client, { purpose, claims: { id_token: { verified_claims } } }), 'invalid_request');
  });
  held('CID-IDA-5.3.3', verified, async (client) => {
    expect((await metadata(client)).claims_in_verified_claims_supported).to.include('over18');
  });
});

describe('What consumerdataright-au holds falls with the mechanism that holds it', () => {
  after(closeAll);
  const profile = bare(consumerdatarightAu);
  const common = {
    profile,
    settings: { subject: { pairwiseSalt: Buffer.alloc(32, 3) } },
    client: { id_token_encrypted_response_alg: 'ECDH-ES' as never },
    alone: true as const,
    own: { claims: { profile: ['name'] } },
  };
  const sharing = (more: object = {}) => ({ claims: { id_token: {}, sharing_duration: 30 * day, ...more } });

  held('CDR-identifiers-and-subject-types', { ...common, by: 'ecosystems/only_pairwise' }, async (client) => {
    expect((await metadata(client)).subject_types_supported).to.deep.equal(['pairwise']);
  });
  const short = { ...common, own: { ...common.own, ttl: { AccessToken: () => 30 } } };
  held('CDR-access-token', { ...short, by: 'ecosystems/access_token_lifetime' }, async (client) => {
    expect((await tokens(client, sharing())).expires_in).to.equal(120);
  });

  const high = { ...common, settings: { ...common.settings, acr: { 'urn:cds.au:cdr:3': ['pwd', 'otp'] } } };
  held('CDR-levels-of-assurance-loas', { ...high, by: 'ecosystems/levels_of_assurance' }, async (client) => {
    const { body } = await push(client, sharing());
    const landed = await client.authorize(body.request_uri);
    expect(landed.searchParams.get('error')).to.equal('unmet_authentication_requirements');
  });

  const accounts = listedAccounts([{ login: 'demo', password: 'demo', claims: { name: 'Demo Person' } }]);
  const encrypted = { ...common, accounts, by: 'ecosystems/encrypted_id_tokens' };
  held('CDR-id-token', encrypted, async (client) => {
    const { id_token } = await tokens(client, sharing({ id_token: { sub: null, name: null } }));
    expect(decodeJwt(await client.decrypted(id_token))).not.to.have.property('name');
  });
  it('CDR-tokens refuses a client whose ID Tokens are not encrypted, which ecosystems/encrypted_id_tokens finds', () => {
    const found = (whole: Profile) =>
      clientViolations(whole, { client_id: 'a' } as never).filter(({ clause }) => clause === 'CDR-tokens');
    expect(found(profile({}))).to.have.length(1);
    expect(found(without(profile({}), 'ecosystems/encrypted_id_tokens'))).to.have.length(0);
  });

  const arranged = { ...common, by: 'ecosystems/arrangements' };
  held('CDR-requesting-sharing-duration', arranged, async (client) => {
    for (const sharing_duration of [-1, 'a year']) {
      refused(await push(client, sharing({ sharing_duration })), 'invalid_request');
    }
    expect(await tokens(client, sharing({ sharing_duration: 0 }))).not.to.have.property('refresh_token');
  });
  held('CDR-specifying-an-existing-arrangement', arranged, async (client) => {
    refused(await push(client, sharing({ cdr_arrangement_id: 'unknown' })), 'invalid_request');
  });
  held('CDR-refresh-token', arranged, async (client) => {
    const { refresh_token: token } = await tokens(client, sharing());
    const { body } = await client.post('/token/introspection', { token });
    expect(body.exp - now()).to.be.within(30 * day - 60, 30 * day);
  });
  held('CDR-introspection-endpoint', arranged, async (client) => {
    const { access_token, refresh_token, cdr_arrangement_id } = await tokens(client, sharing());
    expect((await client.post('/token/introspection', { token: access_token })).body).to.deep.equal({ active: false });
    const { body } = await client.post('/token/introspection', { token: refresh_token });
    expect(body).to.include({ active: true, cdr_arrangement_id });
  });

  const revocation = { ...common, by: 'ecosystems/arrangement_revocation' };
  held('CDR-cdr-arrangement-revocation-end-point', revocation, async (client) => {
    const { refresh_token: token, cdr_arrangement_id } = await tokens(client, sharing());
    expect((await client.post('/arrangements/revoke', { cdr_arrangement_id })).status).to.equal(204);
    expect((await client.post('/token/introspection', { token })).body).to.deep.equal({ active: false });
    expect((await client.post('/arrangements/revoke', { cdr_arrangement_id })).status).to.equal(422);
  });

  const versioned: Parameters<typeof held>[1] = {
    ...common,
    by: 'ecosystems/api_version',
    settings: { ...common.settings, sample_resource: '/accounts' },
    afterwards(provider) {
      provider.use(async (ctx, next) => {
        if (ctx.path !== '/accounts') return next();
        ctx.body = {};
      });
    },
  };
  held('CDR-http-headers', versioned, async (client) => {
    expect((await client.request('/accounts')).status).to.equal(400);
    const { headers } = await client.request('/accounts', { headers: { 'x-v': '1' } });
    expect(headers.get('x-v')).to.equal('1');
  });
});
