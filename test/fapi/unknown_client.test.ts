import { mock } from 'node:test';

import { expect } from 'chai';
import type { Adapter } from 'oidc-provider';

import { Store } from '../../lib/store/store.ts';
import { closeAll, served } from '../support/held.ts';
import { RawClient } from '../support/raw_client.ts';

describe('RFC6749-10.10 a client that is unknown', () => {
  let client: RawClient;
  /** Somebody with keys of their own. */
  let stranger: RawClient;
  const find = mock.method(Store.prototype, 'find');
  const verify = mock.method(crypto.subtle, 'verify');

  before(async () => {
    client = await served({});
    stranger = await RawClient.create(client.issuer);
    // The types leave it out.
    const { adapter } = client.provider.Client as unknown as { adapter: Adapter };
    await adapter.upsert('stored', { ...client.metadata, client_id: 'stored' } as never, 3600);
  });
  after(async () => {
    for (const each of [find, verify]) each.mock.restore();
    await closeAll();
  });

  /** What a client is told that signs by another's key, and the work that was done for it. */
  async function refused(client_id: string, path: string, alg = 'ES256', own: object = {}) {
    for (const each of [find, verify]) each.mock.resetCalls();
    const assertion = await stranger.assertion(
      { iss: client_id, sub: client_id, ...own },
      { alg, ...(alg === 'RS256' && { kid: 'rs' }) },
    );
    const { status, headers, body } = await client.post(path, {}, { client_assertion: assertion });
    const same = [...headers].filter(([name]) => !['date', 'x-fapi-interaction-id', 'dpop-nonce'].includes(name));
    return { status, headers: same, body, looks: find.mock.callCount(), verified: verify.mock.callCount() };
  }

  for (const path of ['/request', '/token', '/token/introspection', '/token/revocation']) {
    it(`is told at ${path} what one of the file or of the database is told whose key is wrong, after the same work`, async () => {
      const unknown = await refused('nobody', path);
      expect(unknown).to.include({ status: 401, looks: 1, verified: 1 });
      expect(unknown.body.error).to.equal('invalid_client');
      expect(await refused('client', path), 'of the file').to.deep.equal(unknown);
      expect(await refused('stored', path), 'of the database').to.deep.equal(unknown);
    });
  }

  it('and so it is whatever else is wrong: the algorithm, the key’s name, the audience, the time, a claim', async () => {
    for (const own of [{ aud: 'https://other.example' }, { exp: 1 }, { jti: undefined }, { aud: 7 }]) {
      const unknown = await refused('nobody', '/request', 'ES256', own);
      expect(unknown, JSON.stringify(own)).to.include({ status: 401, looks: 1, verified: 1 });
      expect(await refused('client', '/request', 'ES256', own), JSON.stringify(own)).to.deep.equal(unknown);
    }
    const unknown = await refused('nobody', '/request', 'RS256');
    expect(unknown).to.include({ status: 401, looks: 1, verified: 0 });
    expect(await refused('client', '/request', 'RS256')).to.deep.equal(unknown);
  });
});
