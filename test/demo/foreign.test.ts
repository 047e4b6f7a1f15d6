import '../support/mocha.ts';

import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';

import { expect } from 'chai';
import { exportJWK, importPKCS8, type JWK } from 'jose';
import Provider, { type AdapterFactory, type AdapterPayload, type ClientMetadata } from 'oidc-provider';

import { run } from '../../lib/commands/demo.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { authorize, Browser } from '../../lib/demo/browser.ts';
import { OperationalError, UsageError } from '../../lib/errors.ts';
import { httpsFetch } from '../../lib/http/https_fetch.ts';
import { Resources } from '../../lib/resources.ts';
import { selfSigned } from '../../lib/server/development_certificate.ts';
import { startServer } from '../../lib/server/server.ts';
import { serverOptions } from '../../lib/server/tls.ts';
import { placed } from '../flows/server.ts';

const sample = (name: string) => readFile(`config/sample/${name}`, 'utf8');

/** A demo somebody runs and sits before: `visit` gets the address that is printed, and what it answers is pasted. */
async function played(args: readonly string[], visit: (url: string) => Promise<string | undefined>) {
  let text = '';
  const input = new PassThrough();
  const opened = Promise.withResolvers<string>();
  const out = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      const [, url] = /allow it:\n\s+(https:\S+)\n/.exec(text) ?? [];
      if (url) opened.resolve(url);
      done();
    },
  });
  const running = run(args, out, input).then(
    () => undefined,
    (error: unknown) => error,
  );
  const url = await Promise.race([opened.promise, running.then(() => undefined)]);
  if (url) {
    const pasted = await visit(url);
    if (pasted) input.write(pasted);
  }
  const error = await running;
  return { text, error };
}

/** A store that forgets what was seen before: `jti` of proofs and assertions. */
const forgetful: AdapterFactory = (model) => {
  const rows = new Map<string, AdapterPayload>();
  return {
    upsert: async (id, payload) => void rows.set(id, payload),
    find: async (id) => (model === 'ReplayDetection' ? undefined : rows.get(id)),
    findByUid: async (uid) => [...rows.values()].find((row) => row.uid === uid),
    findByUserCode: async () => undefined,
    consume: async (id) => void rows.set(id, { ...rows.get(id), consumed: Math.floor(Date.now() / 1000) }),
    destroy: async (id) => void rows.delete(id),
    revokeByGrantId: async (grantId) => {
      for (const [id, row] of rows) if (row.grantId === grantId) rows.delete(id);
    },
  };
};

describe('npm run demo at a provider of any make', () => {
  const resources = new Resources();
  let folder: string;
  let jwk: JWK;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'foreign-'));
    resources.add(folder, (made) => rm(made, { recursive: true }));
    const key = await importPKCS8(await sample('client.key'), 'ES256', { extractable: true });
    jwk = { ...(await exportJWK(key)), alg: 'ES256', kid: 'sample' };
  });
  after(() => resources.close());

  async function file(name: string, content: object): Promise<string> {
    await writeFile(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  }

  describe('ours, as a stranger sees it', () => {
    const ways = [
      ['private_key_jwt', 'dpop'],
      ['tls_client_auth', 'mtls'],
    ] as const;
    let issuer: string;
    let mtls: string;
    const web = 'https://client.example.com/callback';

    before(async () => {
      const config = await loadConfig('config/development.yaml', { set: await placed(resources) });
      const [first] = config.clients;
      const pasted = { ...first, client_id: 'web', application_type: 'web', redirect_uris: [web] };
      const server = await startServer({ ...config, clients: [...config.clients, pasted as never] });
      resources.add(server, ({ close }) => close());
      issuer = server.issuer;
      mtls = `${config.mtls?.url}`;
    });

    const decided = async (url: string) => {
      const browser = new Browser(httpsFetch({ unverified: [issuer] }));
      return (await authorize(browser, new URL(url), { login: 'demo', password: 'demo' })).url;
    };

    for (const [client_auth, sender_constrain] of ways) {
      it(`listens at a loopback redirect_uri (RFC 8252-7.3), and everything is refused that has to be: ${client_auth}, ${sender_constrain}`, async () => {
        const client = await file('client.json', {
          client_id: `${client_auth}-${sender_constrain}`,
          jwk,
          redirect_uri: 'http://127.0.0.1/callback',
          scope: 'openid offline_access',
          cert: await sample('client.crt'),
          key: await sample('client.key'),
          resource: new URL('/resource', sender_constrain === 'mtls' ? mtls : issuer),
        });
        const args = ['--issuer', issuer, '--client', client];
        const { text, error } = await played(
          [...args, '--client-auth', client_auth, '--sender-constrain', sender_constrain],
          async (url) => {
            const back = await decided(url);
            expect((await fetch(new URL('/other', back))).status).to.equal(404);
            expect(await (await fetch(back)).text()).to.include('back at the client');
            return undefined;
          },
        );
        expect(error).to.equal(undefined);
        expect(text).to.match(/1[23] steps, [56] of them refused: all as told/);
      });
    }

    it('asks for the address where nothing can listen, and takes no other', async () => {
      const client = await file('web.json', { client_id: 'web', jwk, redirect_uri: web, scope: 'openid' });
      const { text, error } = await played(
        ['--issuer', issuer, '--client', client],
        async (url) => `https://other.example/callback?code=x\n${web}\n${await decided(url)}\n`,
      );
      expect(error).to.equal(undefined);
      expect(text).to.match(
        /this is not it: it begins with https:\/\/client\.example\.com\/callback[\s\S]*all as told/,
      );
    });

    it('ends where no such address comes', async () => {
      const client = await file('web.json', { client_id: 'web', jwk, redirect_uri: web, scope: 'openid' });
      const { error } = await played(['--issuer', issuer, '--client', client], async () => 'x\n'.repeat(5));
      expect(error).to.be.instanceOf(OperationalError).with.property('message').that.includes('was pasted');
    });
  });

  describe('a bare core', () => {
    const redirect_uri = 'https://client.example.com/callback';
    let listening: Server;
    let issuer: string;
    let ca: string;
    before(async () => {
      const pair = await selfSigned(['localhost']);
      ca = join(folder, 'bare.crt');
      await writeFile(ca, pair.cert);
      listening = createServer(serverOptions(pair));
      await new Promise<void>((resolve) => listening.listen(0, 'localhost', resolve));
      resources.add(listening, () => {
        listening.closeAllConnections();
        listening.close();
      });
      issuer = `https://localhost:${(listening.address() as { port: number }).port}`;
    });

    async function core(adapter?: AdapterFactory) {
      const { d: _, ...registered } = jwk;
      const client = {
        client_id: 'foreign',
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        id_token_signed_response_alg: 'ES256',
        redirect_uris: [redirect_uri],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        jwks: { keys: [{ ...registered, use: 'sig' }] },
        dpop_bound_access_tokens: true,
      };
      const provider = new Provider(issuer, {
        ...(adapter && { adapter }),
        clients: [client as ClientMetadata],
        jwks: { keys: [{ ...jwk, kid: 'own', use: 'sig' }] as never },
        clientAuthMethods: ['private_key_jwt'],
        features: { fapi: { enabled: true, profile: '2.0' }, dPoP: { enabled: true, nonceSecret: randomBytes(32) } },
        cookies: { keys: ['of the test'] },
      });
      listening.removeAllListeners('request').on('request', provider.callback());
      const own = await file('foreign.json', { client_id: 'foreign', jwk, redirect_uri, scope: 'openid' });
      return played(['--issuer', issuer, '--client', own, '--ca', ca], async (url) => {
        const browser = new Browser(httpsFetch({ unverified: [issuer] }));
        const place = await authorize(browser, new URL(url), { login: 'anybody', password: 'anything' });
        return `${place.url}\n`;
      });
    }

    it('is told to the end, with its own words for what it refuses', async () => {
      const { text, error } = await core();
      expect(error).to.equal(undefined);
      expect(text).to.match(/1\d steps, [56] of them refused: all as told/);
    });

    it('with a store that forgets proofs and assertions: what it did not refuse is named, and the demo fails', async () => {
      const { error } = await core(forgetful);
      expect(error)
        .to.be.instanceOf(OperationalError)
        .with.property('message', `${issuer} did not refuse: The same proof again; The same client assertion again`);
    });
  });

  const wrong: readonly [title: string, content: object, says: RegExp][] = [
    ['no client_id', {}, /lacks client_id/],
    ['a public key', { client_id: 'a', jwk: { kty: 'EC' }, redirect_uri: 'http://127.0.0.1/' }, /the private key/],
    ['a key without alg', { client_id: 'a', jwk: { d: 'x' }, redirect_uri: 'http://127.0.0.1/' }, /lacks alg/],
    ['no redirect_uri', { client_id: 'a', jwk: { d: 'x', alg: 'ES256' }, redirect_uri: '/cb' }, /no absolute URI/],
  ];
  for (const [title, content, says] of wrong) {
    it(`says what a file lacks: ${title}`, async () => {
      const client = await file('wrong.json', content);
      const { error } = await played(['--issuer', 'https://localhost:1', '--client', client], async () => undefined);
      expect(error).to.be.instanceOf(UsageError).with.property('message').that.matches(says);
    });
  }

  it('needs an issuer for a client', async () => {
    const { error } = await played(['--client', 'x.json'], async () => undefined);
    expect(error).to.be.instanceOf(UsageError).with.property('message').that.includes('--issuer');
  });
});
