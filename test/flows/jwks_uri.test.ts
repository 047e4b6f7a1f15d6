import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

import { freePort } from '../../lib/demo/free_port.ts';
import { logTo } from '../../lib/log.ts';
import { connectProxy } from '../support/outside.ts';
import { authority, serverCertificate, type TestClient, testClient } from './clients.ts';
import { later, present } from './clock.ts';
import { authorized } from './flow_client.ts';
import { oauth4webapi } from './oauth4webapi.ts';
import { openidClient } from './openid_client.ts';
import { ownProvider } from './own_provider.ts';
import { type FlowServer, flowServer, trustingFetch } from './server.ts';

/** The client's own web server. */
class Published {
  readonly server: Server;
  keys: JWK[] = [];
  headers: Record<string, string> = {};
  status = 200;
  asked = 0;

  constructor() {
    this.server = createServer(serverCertificate, (_req, res) => {
      this.asked += 1;
      res.writeHead(this.status, { 'content-type': 'application/jwk-set+json', ...this.headers });
      res.end(JSON.stringify({ keys: this.keys }));
    });
  }

  async listen(): Promise<string> {
    this.server.listen(0, 'localhost');
    await once(this.server, 'listening');
    return `https://localhost:${(this.server.address() as AddressInfo).port}/jwks.json`;
  }
}

async function signingKey(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  return { kid, key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
}

describe('FAPI2-SP-FINAL-6.8-1 a client that publishes its keys', () => {
  const published = new Published();
  let client: TestClient;
  let server: FlowServer;
  before(async () => {
    const jwks_uri = await published.listen();
    client = await testClient('private_key_jwt', 'dpop', { jwks: undefined, jwks_uri });
    // Core's own would not ask a server on this machine.
    const fetch = async (url: string | URL, options: { redirect?: string } = {}) => {
      const response = await trustingFetch()(url);
      if (options.redirect === 'error' && response.status >= 300 && response.status < 400)
        throw new TypeError('redirect');
      return response;
    };
    const { provider, serve } = await ownProvider(`https://localhost:${await freePort()}`, [client], {
      fetch,
    } as never);
    server = await serve(provider.callback());
  });
  after(async () => {
    present();
    await server?.close();
    published.server.closeAllConnections();
    published.server.close();
  });

  /** What the client is told when it signs with a key; `undefined` when it is let in. */
  async function refused({ key, kid }: Pick<TestClient, 'key' | 'kid'>): Promise<string | undefined> {
    const flow = await oauth4webapi(server, { ...client, key, kid });
    return flow.clientCredentials({ scope: 'profile' }).then(
      () => undefined,
      ({ error, message }: { error?: string; message: string }) => error ?? message,
    );
  }

  let first: Awaited<ReturnType<typeof signingKey>>;
  it('is known by them', async () => {
    first = await signingKey('first');
    published.keys = [first.jwk];
    expect(await refused(first)).to.equal(undefined);
    expect(await refused(await signingKey('of nobody'))).to.equal('invalid_client');
  });

  it('has its tokens served while its keys cannot be had', async () => {
    const flow = await openidClient(server, { ...client, key: first.key, kid: first.kid });
    const { access_token, claims } = await flow.exchange(await authorized(flow, { scope: 'openid' }));
    published.status = 500;
    later(70);
    expect(await flow.userinfo(access_token, `${claims?.sub}`)).to.include({ sub: claims?.sub });
    expect(await refused(first), 'they are needed where it authenticates').to.equal('invalid_client');
    published.status = 200;
  });

  it('takes a new key into use within a minute, and its old one is worth nothing from then on', async () => {
    const [old, next] = [await signingKey('old'), await signingKey('next')];
    later(61);
    published.keys = [old.jwk];
    expect(await refused(old)).to.equal(undefined);
    published.keys = [next.jwk];
    later(61);
    expect(await refused(next)).to.equal(undefined);
    expect(await refused(old)).to.equal('invalid_client');
  });

  it('loses a key it removes, also when it uses no other', async () => {
    const removed = await signingKey('removed');
    later(61);
    published.keys = [removed.jwk];
    expect(await refused(removed)).to.equal(undefined);
    published.keys = [(await signingKey('unused')).jwk];
    later(61);
    expect(await refused(removed)).to.equal('invalid_client');
  });

  it('may have them kept for ten minutes, and no longer, whatever it says', async () => {
    const key = await signingKey('for a year');
    later(61);
    published.headers = { 'cache-control': 'max-age=31536000', expires: new Date(Date.now() + 1e10).toUTCString() };
    published.keys = [key.jwk];
    expect(await refused(key)).to.equal(undefined);
    published.keys = [];
    later(595);
    expect(await refused(key)).to.equal(undefined);
    later(6);
    expect(await refused(key)).to.equal('invalid_client');
    published.headers = {};
  });

  it('is refused while its keys cannot be had, and let in again afterwards', async () => {
    const key = await signingKey('kept');
    later(601);
    published.keys = [key.jwk];
    expect(await refused(key)).to.equal(undefined);
    for (const status of [500, 302]) {
      published.status = status;
      published.headers = { location: '/elsewhere' };
      later(61);
      expect(await refused(key), `${status}`).to.equal('invalid_client');
    }
    published.status = 200;
    later(6);
    expect(await refused(key)).to.equal(undefined);
  });
});

describe('FAPI2-SP-FINAL-5.4.2-1 a jwks_uri that leads inside', () => {
  const published = new Published();
  let client: TestClient;
  let lines: Record<string, unknown>[] = [];
  before(async () => {
    client = await testClient('private_key_jwt', 'dpop', { jwks: undefined, jwks_uri: await published.listen() });
    const { key, kid, jwk } = await signingKey('inside');
    client = { ...client, key, kid };
    published.keys = [jwk];
    const line = (about: object | string, msg?: string) => void lines.push({ ...(about as object), msg });
    logTo({ debug() {}, info: line, warn: line, error: line, fatal: line });
  });
  after(() => {
    logTo(undefined);
    published.server.close();
  });

  /** The error of a client whose keys are read by a server with these settings; `undefined` when it is let in. */
  async function refusedBy(set: readonly string[]): Promise<string | undefined> {
    lines = [];
    published.asked = 0;
    const server = await flowServer({ clients: [client], set });
    try {
      const flow = await oauth4webapi(server, client);
      return await flow.clientCredentials({ scope: 'profile' }).then(
        () => undefined,
        ({ error }: { error: string }) => error,
      );
    } finally {
      await server.close();
    }
  }
  const trusted = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'outbound-'));
    await writeFile(join(folder, 'ca.crt'), authority.certificate);
    return `outbound.ca=${JSON.stringify([join(folder, 'ca.crt')])}`;
  };

  it('is not asked: clients do not choose what the server reaches; the log says why, at the start and at each request', async () => {
    expect(await refusedBy([])).to.equal('invalid_client');
    expect(published.asked).to.equal(0);
    const why = 'localhost is inside, and outbound.allow does not name it';
    expect(lines.find(({ msg }) => msg === 'the keys of a client will never be read')).to.include({
      client: client.client_id,
      why,
    });
    const { origin } = new URL(`${client.metadata.jwks_uri}`);
    expect(lines.find(({ msg }) => msg === 'refused')?.cause).to.match(
      new RegExp(`${origin} cannot be asked: ${why}$`),
    );
  });

  it('is asked where outbound.allow names it, by the authorities of outbound.ca', async () => {
    const allow = 'outbound.allow=["127.0.0.0/8","::1"]';
    expect(await refusedBy([allow, await trusted()])).to.equal(undefined);
    expect(published.asked).to.equal(1);
  });

  it('is asked through outbound.proxy', async () => {
    const proxy = await connectProxy();
    try {
      const set = [
        'outbound.allow=["localhost"]',
        `outbound.proxy=http://user:hidden@${proxy.address}`,
        await trusted(),
      ];
      expect(await refusedBy(set)).to.equal(undefined);
      expect(proxy.asked).to.deep.equal([new URL(`${client.metadata.jwks_uri}`).host]);
      expect(JSON.stringify(lines)).not.to.contain('hidden');
    } finally {
      await proxy.close();
    }
  });
});
