import { expect } from 'chai';
import type { AdapterPayload, ClientMetadata } from 'oidc-provider';

import { closeAll, served } from '../support/held.ts';
import type { RawClient } from '../support/raw_client.ts';

const clause = 'FAPI2-SP-FINAL-5.3.2.1-4';
const reason =
  'dpop_bound_access_tokens: is false, and tls_client_certificate_bound_access_tokens is not true: tokens would be bound to nothing';

describe(`${clause} a client that says its tokens are bound to nothing`, () => {
  after(closeAll);

  const send = (client: RawClient, method: string, path: string, metadata: object, token?: string) =>
    client.request(path, {
      method,
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(metadata),
    });

  it('is refused when it registers, and when it changes what it registered', async () => {
    const client = await served({
      own: { features: { registration: { enabled: true }, registrationManagement: { enabled: true } } } as never,
    });
    const metadata = { redirect_uris: ['https://client.example.com/cb'], jwks: { keys: client.keys.slice(0, 1) } };
    const loose = await send(client, 'POST', '/reg', { ...metadata, dpop_bound_access_tokens: false });
    expect(loose.status).to.equal(400);
    expect(loose.body).to.include({ error: 'invalid_client_metadata' });
    expect(loose.body.error_description).to.contain(reason);

    for (const own of [{}, { dpop_bound_access_tokens: true }]) {
      const { status, body } = await send(client, 'POST', '/reg', { ...metadata, ...own });
      expect({ status, bound: body.dpop_bound_access_tokens }).to.deep.equal({ status: 201, bound: true });
      const { client_id, registration_access_token: token } = body;
      const changed = await send(
        client,
        'PUT',
        `/reg/${client_id}`,
        { ...metadata, client_id, dpop_bound_access_tokens: false },
        token,
      );
      expect(changed.status).to.equal(400);
      expect(changed.body.error_description).to.contain(reason);
    }
    const bound = { dpop_bound_access_tokens: false, tls_client_certificate_bound_access_tokens: true };
    expect((await send(client, 'POST', '/reg', { ...metadata, ...bound })).status).to.equal(201);
  });

  it('is refused when an adapter of the deployment has it, and is not made another', async () => {
    const client = await served({});
    const { Client } = client.provider;
    const { adapter } = Client as unknown as {
      adapter: { upsert(id: string, payload: AdapterPayload): Promise<void> };
    };
    const keep = async (client_id: string, own: Partial<ClientMetadata>) => {
      const jwks = { keys: client.keys.slice(0, 1) };
      await adapter.upsert(client_id, {
        client_id,
        redirect_uris: ['https://client.example.com/cb'],
        jwks,
        ...own,
      } as never);
      return Client.find(client_id).then(
        (found) => found?.metadata().dpop_bound_access_tokens,
        ({ error_description }) => error_description as string,
      );
    };
    expect(await keep('loose', { dpop_bound_access_tokens: false })).to.contain(reason);
    expect(await keep('silent', {})).to.equal(true);
    const filled = { dpop_bound_access_tokens: false, require_auth_time: false, application_type: 'web' } as const;
    expect(await keep('stored by core', filled), 'with every default of core’s').to.equal(true);
    expect(await keep('bound', { tls_client_certificate_bound_access_tokens: true })).to.equal(false);
    const { status, body } = await client.post('/request', { ...client.params, client_id: 'loose' }, {}, 'loose');
    expect({ status, error: body.error }).to.deep.equal({ status: 400, error: 'invalid_client_metadata' });
  });
});
