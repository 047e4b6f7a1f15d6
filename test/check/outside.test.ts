import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

import { outsideReport } from '../../lib/check/outside.ts';
import type { Report } from '../../lib/check/report.ts';
import { UsageError } from '../../lib/errors.ts';
import { selfSigned } from '../../lib/server/development_certificate.ts';
import { serverOptions } from '../../lib/server/tls.ts';
import { authority } from '../flows/clients.ts';
import { flowServer, type OwnServer } from '../flows/server.ts';

describe('check --issuer', () => {
  let folder: string;
  let client: { readonly file: string; readonly metadata: object };
  const said: string[] = [];
  const say = (text: string) => void said.push(text);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outside-'));
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const redirect_uri = 'https://rp.example.com/cb';
    const own = { alg: 'ES256', kid: 'own' };
    const file = join(folder, 'client.json');
    await writeFile(
      file,
      JSON.stringify({
        client_id: 'probe',
        jwk: { ...(await exportJWK(privateKey)), ...own },
        redirect_uri,
        scope: 'openid',
      }),
    );
    const metadata = {
      client_id: 'probe',
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      redirect_uris: [redirect_uri],
      response_types: ['code'],
      grant_types: ['authorization_code'],
      jwks: { keys: [{ ...(await exportJWK(publicKey)), ...own, use: 'sig' }] },
      dpop_bound_access_tokens: true,
    };
    client = { file, metadata };
  });
  after(() => rm(folder, { recursive: true }));

  const violated = ({ clauses }: Report) =>
    clauses.filter(({ status }) => status === 'violated').map(({ clause, text, why }) => `${clause} ${text}: ${why}`);

  describe('ours', () => {
    let server: OwnServer;
    before(async () => {
      server = await flowServer({ clients: [{ metadata: client.metadata }] });
    });
    after(() => server?.close());

    it('holds every clause that can be tried from outside, with a client and without', async () => {
      const ca = join(folder, 'ca.crt');
      await writeFile(ca, authority.certificate);
      const report = await outsideReport({ issuer: server.issuer, client: client.file, ca, say });
      expect(violated(report)).to.deep.equal([]);
      const tried = report.clauses.filter(({ status }) => status === 'held');
      expect(tried).to.have.length.above(30);
      expect(said[0]).to.match(/about \d+ requests.*429/);
    });
  });

  describe('a bare core with the profile 2.0', () => {
    let issuer: string;
    let close: () => void;
    let ca: string;
    before(async () => {
      const pair = await selfSigned(['localhost']);
      ca = join(folder, 'bare.crt');
      await writeFile(ca, pair.cert);
      const server = createServer(serverOptions(pair));
      await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
      issuer = `https://localhost:${(server.address() as { port: number }).port}`;
      const provider = new Provider(issuer, {
        clients: [client.metadata as never],
        clientAuthMethods: ['private_key_jwt', 'client_secret_basic'],
        features: { fapi: { enabled: true, profile: '2.0' }, devInteractions: { enabled: false } },
        cookies: { keys: ['of the test'] },
      });
      server.on('request', provider.callback());
      close = () => server.close();
    });
    after(() => close?.());

    it('shows its gaps', async () => {
      const found = violated(await outsideReport({ issuer, client: client.file, ca, say })).join('\n');
      expect(found).to.match(/FAPI2-SP-FINAL-5\.3\.2\.2-3 .*require_pushed_authorization_requests is not true/);
      expect(found).to.match(/FAPI2-SP-FINAL-5\.4\.1-1 .*RS256/);
      expect(found).to.match(/FAPI2-SP-FINAL-5\.3\.2\.1-6 .*client_secret_basic/);
    });
  });

  it('ends at the first 429, and says so', async () => {
    const pair = await selfSigned(['localhost']);
    const ca = join(folder, 'busy.crt');
    await writeFile(ca, pair.cert);
    let asked = 0;
    const server = createServer(serverOptions(pair), (req, res) => {
      asked += 1;
      const issuer = `https://${req.headers.host}`;
      if (req.url?.includes('well-known') && asked === 1) {
        res.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks`, authorization_endpoint: `${issuer}/auth` }));
      } else res.writeHead(429).end();
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    try {
      const { port } = server.address() as { port: number };
      await outsideReport({ issuer: `https://localhost:${port}`, client: undefined, ca, say });
      expect(said.at(-1)).to.match(/answered 429 after \d+ requests/);
      expect(asked).to.equal(2);
    } finally {
      server.close();
    }
  });

  it('says in one line what is wrong with the question', async () => {
    const refusal = async (issuer: string, file?: string) =>
      outsideReport({ issuer, client: file, say }).then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(await refusal('http://localhost')).to.be.instanceOf(UsageError);
    expect(await refusal('https://localhost:1')).to.be.instanceOf(UsageError);
    const empty = join(folder, 'empty.json');
    await writeFile(empty, '{}');
    expect(await refusal('https://localhost:1', empty))
      .to.be.instanceOf(UsageError)
      .with.property('message')
      .that.includes('lacks client_id');
  });
});
