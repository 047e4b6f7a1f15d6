import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { loadConfig } from '../../lib/config/load.ts';
import { authorize, Browser } from '../../lib/demo/browser.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import { type RunningServer, startServer } from '../../lib/server/server.ts';
import { configured, trustingFetch } from '../flows/server.ts';
import { migratedDatabase, type TestDatabase } from '../support/postgres.ts';
import { RawClient } from '../support/raw_client.ts';
import { person } from '../support/wire_client.ts';
import { development, run } from './cli.ts';

describe('accounts', () => {
  let database: TestDatabase;
  let folder: string;
  let server: RunningServer;
  let client: RawClient;
  let set: string[];

  before(async () => {
    database = await migratedDatabase();
    folder = await mkdtemp(join(tmpdir(), 'accounts-'));
    const port = await freePort();
    client = await RawClient.create(`https://localhost:${port}`);
    const clients = [client.metadata, ...client.others].map((metadata) => ({ metadata }));
    const file = 'accounts=[{login: filed, password: filed}]';
    set = await configured(folder, { database: database.url, port, clients, set: [file, 'ttl.access_token=300'] });
    server = await startServer(await loadConfig(development, { set }));
  });
  after(async () => {
    await server?.close();
    await database?.drop();
    await rm(folder, { recursive: true });
  });

  /** The command, as an operator runs it: a process of its own beside the server's. */
  const accounts = (args: readonly string[], input = '') => {
    const sets = set.flatMap((assignment) => ['--set', assignment]);
    return run(['accounts', ...args, '--config', development, ...sets], { input });
  };
  const json = async (...args: string[]) => JSON.parse((await accounts([...args, '--json'])).stdout);

  /** Somebody who has logged in, and holds what comes of it. */
  async function signedIn(password = person.password) {
    const browser = new Browser(trustingFetch());
    const { body: pushed } = await client.push();
    const who = { login: person.login, password };
    const { url } = await authorize(browser, client.authorizationUrl(pushed.request_uri), who);
    const { body: tokens } = await client.exchange(`${url.searchParams.get('code')}`);
    expect(tokens).to.have.property('refresh_token');
    return { browser, tokens };
  }

  /** What of it is still good. */
  async function good({ browser, tokens }: Awaited<ReturnType<typeof signedIn>>) {
    const { access_token, refresh_token } = tokens;
    const ath = hash('sha256', access_token, 'base64url');
    const dpop = await client.proof('GET', '/resource', { ath, nonce: undefined });
    const resource = await client.request('/resource', { headers: { authorization: `DPoP ${access_token}`, dpop } });
    client.nonce = undefined;
    const introspected = await client.post('/token/introspection', { token: access_token });
    const refreshed = await client.token({ grant_type: 'refresh_token', refresh_token });
    const { prompt, ...params } = client.params;
    const { body: pushed } = await client.push({ ...params, scope: 'openid' });
    const place = await browser.open(client.authorizationUrl(pushed.request_uri));
    return {
      resource: resource.status === 200,
      introspection: introspected.body.active,
      refresh: refreshed.status === 200,
      session: !place.html.includes('name="password"'),
    };
  }
  const all = { resource: true, introspection: true, refresh: true, session: true };
  const none = { resource: false, introspection: false, refresh: false, session: false };

  const add = async () => expect((await accounts(['add', person.login], person.password)).code).to.equal(0);
  const remove = () => accounts(['remove', person.login]);

  for (const [what, args, input] of [
    ['a new password', ['password', person.login], 'another'],
    ['a lock', ['lock', person.login], ''],
    ['removing the account', ['remove', person.login], ''],
    ['erasing the person', ['erase', person.login, '--yes'], ''],
  ] as const) {
    it(`${what} ends session, tokens and what they are good for at once, in the server beside`, async () => {
      await add();
      const before = await signedIn();
      expect(await good(before)).to.deep.equal(all);

      const { code, stdout, stderr } = await accounts(args, input);
      expect([code, stderr]).to.deep.equal([0, '']);
      expect(stdout).to.match(/ended \d sessions?, \d grants? and \d+ tokens?/);
      expect(await good(before)).to.deep.equal(none);
      await remove();
    });
  }

  it('--keep-sessions gives a new password and leaves them', async () => {
    await add();
    const before = await signedIn();
    expect((await accounts(['password', person.login, '--keep-sessions'], 'another')).code).to.equal(0);

    expect(await good(before)).to.deep.equal(all);
    await remove();
  });

  it('a login under way with the old password comes to nothing once there is a new one', async () => {
    await add();
    const browser = new Browser(trustingFetch());
    const { body: pushed } = await client.push();
    const login = await browser.open(client.authorizationUrl(pushed.request_uri));
    const consent = await browser.submit(login, { ...person, action: 'continue' });
    expect(consent.html).to.contain('Allow access?');
    await accounts(['password', person.login], 'another');
    const after = await browser.submit(consent, { action: 'continue' });

    expect(after.html).to.contain('name="password"');
    await remove();
  });

  it('a locked account logs nobody in until it is unlocked', async () => {
    await add();
    await accounts(['lock', person.login]);
    const browser = new Browser(trustingFetch());
    const { body: pushed } = await client.push();
    const login = await browser.open(client.authorizationUrl(pushed.request_uri));
    const refused = await browser.submit(login, { ...person, action: 'continue' });
    expect(refused.response?.status).to.equal(403);
    expect(refused.html).to.contain('This account is locked');
    expect(await json('list')).to.have.nested.property('[0].locked_at');
    await accounts(['unlock', person.login]);

    expect((await signedIn()).tokens).to.have.property('access_token');
    await remove();
  });

  it('list, show and export say what is kept, and nothing that lets its reader act for a person', async () => {
    expect((await accounts(['add', person.login, '--claim', 'name=Jane Doe'], person.password)).code).to.equal(0);
    const { tokens } = await signedIn();
    const { stdout } = await accounts(['list']);
    expect(stdout).to.match(/^login +sub +name +source +locked$/m);
    expect(stdout).to.match(/^demo +account:\S+ +Jane Doe +database$/m);
    expect(stdout).to.match(/^filed +account:\S+ +file$/m);
    for (const line of stdout.split('\n')) expect(line.length).to.be.at.most(80);
    const shown = await json('show', person.login);
    expect(shown).to.deep.include({ login: 'demo', source: 'database', claims: { name: 'Jane Doe' } });
    expect(shown.grants[0]).to.include({ client_id: 'client' });
    expect(await json('show', shown.sub), 'by sub').to.deep.equal(shown);

    const exported = await accounts(['export', person.login]);
    const kept = JSON.parse(exported.stdout);
    expect(kept.sessions).to.have.length(1);
    expect(kept.trail.map(({ event }: { event: string }) => event)).to.include('login.succeeded');
    for (const secret of [tokens.access_token, tokens.refresh_token, person.password.repeat(2), '$scrypt$']) {
      expect(exported.stdout).to.not.contain(secret);
    }
    await remove();
  });

  it('erase leaves no record in the trail that can be read or traced to the person', async () => {
    await add();
    await signedIn();
    const { sub } = await json('show', person.login);
    await accounts(['erase', person.login, '--yes']);
    await add();
    const kept = JSON.parse((await accounts(['export', person.login])).stdout);

    expect(JSON.stringify(kept)).to.not.contain(sub);
    await remove();
  });

  it('of two who add one login at the same moment, one does', async () => {
    const tried = await Promise.all(['one', 'two', 'three'].map((password) => accounts(['add', 'twice'], password)));

    expect(tried.map(({ code }) => code).sort()).to.deep.equal([0, 2, 2]);
    expect(tried.filter(({ stderr }) => /login twice is taken/.test(stderr))).to.have.length(2);
    await accounts(['remove', 'twice']);
  });

  for (const [args, said] of [
    [['show', 'nobody'], 'no account nobody in the database'],
    [['erase', 'nobody', '--yes'], 'no account nobody in the database'],
    [['lock', 'filed'], 'filed stands in the configuration file, change it there'],
    [['add', 'FILED'], 'FILED stands in the configuration file, change it there'],
    [['add', ' '], 'login is empty'],
    [['add', 'somebody'], 'no password: type one, or write it to standard input'],
  ] as const) {
    it(`${JSON.stringify(args.join(' '))} is refused in one line, with exit code 2`, async () => {
      const { code, stdout, stderr } = await accounts(args);

      expect([code, stdout, stderr]).to.deep.equal([2, '', `oidc-provider-fapi: ${said}\n`]);
    });
  }

  it('what cannot be undone is asked about, or --yes has to say so', async () => {
    await add();
    const { code, stderr } = await accounts(['erase', person.login]);
    expect(code).to.equal(2);
    expect(stderr).to.match(/^oidc-provider-fapi: Erase demo .*\? Say so with --yes$/m);
    expect((await json('show', person.login)).login).to.equal('demo');
    await remove();
  });
});
