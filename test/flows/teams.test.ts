import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { expect } from 'chai';
import { compactDecrypt, decodeJwt, exportJWK, generateKeyPair } from 'jose';

import { type Installs, type Project, project } from '../support/packed.ts';
import { RawClient } from '../support/raw_client.ts';
import { authority, serverCertificate, type TestClient, testClient } from './clients.ts';
import { authorized } from './flow_client.ts';
import { openidClient } from './openid_client.ts';

const api = 'https://api.example.com';
const ciba = 'urn:openid:params:grant-type:ciba';
const own = 'urn:example:grant-type:device-handover';

/** A team's project with the packed package in it, and the server it starts. */
class Team {
  readonly project: Project;
  #process: ChildProcess | undefined;

  private constructor(made: Project) {
    this.project = made;
  }

  static async of(name: string, installs: Installs, clients: readonly TestClient[] = []): Promise<Team> {
    const others = [
      'express',
      '@types/express',
      '@electric-sql/pglite',
      '@electric-sql/pglite-prepopulatedfs',
      'knex-pglite',
    ];
    const made = await project({ files: join('test', 'flows', 'teams', name), others }, installs);
    const files = {
      'ca.crt': authority.certificate,
      'tls.crt': serverCertificate.cert,
      'tls.key': serverCertificate.key,
      'clients.json': JSON.stringify(clients.map(({ metadata }) => metadata)),
    };
    for (const [file, text] of Object.entries(files)) await writeFile(join(made.folder, file), text);
    return new Team(made);
  }

  /** Starts it, and answers its address, the first line it prints. */
  async start(file: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
    const { folder } = this.project;
    const trusted = { NODE_EXTRA_CA_CERTS: join(folder, 'ca.crt') };
    this.#process = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
      cwd: folder,
      env: { ...process.env, ...trusted, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(this.#process, 'exit').then(([code]) => Promise.reject(new Error(`${file} ended with ${code}`)));
    const lines = createInterface({ input: this.#process.stdout as NodeJS.ReadableStream });
    const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
    ended.catch(() => {});
    return line;
  }

  async stop(): Promise<void> {
    if (this.#process?.kill('SIGKILL')) await once(this.#process, 'exit');
    await this.project.remove();
  }
}

const started: Team[] = [];
async function team(...args: Parameters<typeof Team.of>): Promise<Team> {
  const made = await Team.of(...args);
  started.push(made);
  return made;
}

describe('Teams that install the package into an empty folder', function () {
  // Projects are compiled and databases made; a machine that does much else takes its time.
  this.timeout(240_000);
  after(async () => {
    for (const made of started) await made.stop();
  });

  it('an application around the provider, with pages of its own in Express, and a resource server of another team', async () => {
    const client = await testClient('private_key_jwt', 'dpop', { scope: 'openid offline_access profile accounts' });
    const application = await team('example', 'required', [client]);
    const issuer = await application.start('main.js');
    const resources = await team('resource_server', ['jose']);
    expect(await resources.project.complaints()).to.equal('');
    const origin = await resources.start('out/main.js', { ISSUER: issuer });

    const server = { issuer, mtls: '', profile: 'fapi2-security-profile', close: async () => {} } as const;
    const flow = await openidClient(server, client);
    const tokens = await flow.exchange(await authorized(flow, { scope: 'openid profile offline_access' }));
    expect(tokens).to.include({ token_type: 'dpop' });
    const sub = `${tokens.claims?.sub}`;
    expect(await flow.userinfo(tokens.access_token, sub)).to.include({ sub: 'demo', name: 'Demo Person' });
    const refreshed = await flow.refresh(`${tokens.refresh_token}`);
    expect(await flow.introspect(refreshed.access_token)).to.include({ active: true });
    await flow.revoke(refreshed.access_token);
    expect(await flow.introspect(refreshed.access_token)).to.include({ active: false });

    const { access_token } = await flow.exchange(await authorized(flow, { scope: 'accounts', resource: api }));
    const answer = await flow.resource(access_token, new URL('/accounts', origin));
    expect(await answer.json()).to.deep.equal({ client_id: client.client_id, sub: 'demo' });
    const other = await flow.resource(tokens.access_token, new URL('/accounts', origin)).catch((error: Error) => error);
    expect(other, 'a token for the UserInfo endpoint').to.be.instanceOf(Error);
  });

  it('strict TypeScript, with rich requests, CIBA, JWE, pairwise subjects, registration, a prompt and a grant of its own', async () => {
    const strict = await team('strict', 'required');
    expect(await strict.project.complaints()).to.equal('');
    const raw = await RawClient.create(await strict.start('out/main.js'));
    const { privateKey, publicKey } = await generateKeyPair('ECDH-ES', { extractable: true });
    const encryption = { ...(await exportJWK(publicKey)), use: 'enc', alg: 'ECDH-ES', kid: 'enc' };
    const register = async (metadata: object): Promise<string> => {
      const { status, body } = await raw.request('/reg', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          redirect_uris: [raw.redirectUri],
          jwks: { keys: [...raw.keys, encryption] },
          id_token_encrypted_response_alg: 'ECDH-ES',
          id_token_encrypted_response_enc: 'A128GCM',
          ...metadata,
        }),
      });
      expect(status, JSON.stringify(body)).to.equal(201);
      Object.assign(raw.metadata, { client_id: body.client_id });
      return body.client_id;
    };
    const subjectOf = async (id_token: string) => {
      const { plaintext } = await compactDecrypt(id_token, privateKey);
      return decodeJwt(new TextDecoder().decode(plaintext)).sub;
    };

    await register({
      grant_types: ['authorization_code', 'refresh_token'],
      subject_type: 'pairwise',
      authorization_details_types: ['payment'],
    });
    const authorization_details = JSON.stringify([{ type: 'payment', amount: '12.00' }]);
    const { status, body } = await raw.exchange(await raw.code({ ...raw.params, authorization_details }));
    expect(status, JSON.stringify(body)).to.equal(200);
    expect(await subjectOf(body.id_token)).to.equal('client.example.com|demo');

    const client_id = await register({ grant_types: [ciba, own], backchannel_token_delivery_mode: 'poll' });
    const asked = await raw.post('/backchannel', { scope: 'openid', login_hint: 'demo', client_id });
    expect(asked.status, JSON.stringify(asked.body)).to.equal(200);
    const polled = await raw.token({ grant_type: ciba, auth_req_id: asked.body.auth_req_id });
    expect(polled.body, JSON.stringify(polled.body)).to.include({ token_type: 'DPoP' });
    expect(await subjectOf(polled.body.id_token)).to.equal('demo');

    const handed = await raw.token({ grant_type: own, device: 'tv' });
    expect(handed.body).to.deep.equal({ handed: 'tv', to: client_id });
  });
});
