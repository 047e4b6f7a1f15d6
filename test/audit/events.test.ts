import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';
import { stringify } from 'yaml';

import { type EventName, events } from '../../lib/audit/event.ts';
import { auditKeys } from '../../lib/audit/open.ts';
import { Pseudonyms } from '../../lib/audit/pseudonyms.ts';
import { byTime, told } from '../../lib/audit/read.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import { auditTableOf } from '../../lib/store/statements.ts';
import { Reloadable } from '../support/reloadable.ts';
import { until } from '../support/until.ts';

/** Events that a test of their own brings about. */
const elsewhere: Readonly<Partial<Record<EventName, string>>> = {
  'identity.told': 'test/profiles/connectid_au.test.ts',
  'nodes.differ': 'test/proxy/three_machines.test.ts',
  'audit.dropped': 'test/audit/chain.test.ts',
  'audit.faulty': 'test/commands/audit.test.ts',
  'audit.retired': 'test/audit/retention.test.ts',
};

describe('Every event of the trail', () => {
  let files: Reloadable;
  let admin: string;
  const secrets = new Set<string>();
  const secret = (value: string) => {
    secrets.add(value);
    return value;
  };

  before(async () => {
    const port = await freePort();
    admin = `http://localhost:${port}/admin`;
    files = await Reloadable.write({ management: { port }, keys: { rotate_every: 'never', max_age: 0 } });
    await files.put('clients.yaml', stringify([files.client.metadata, ...files.client.others]));
    await files.configure({ audit: { file: join(files.folder, 'audit.jsonl') } });
    await files.start();
  });
  after(() => files?.close().catch(() => {})); // the test closes the server

  async function act(method: string, path: string, body?: object) {
    const headers = body ? { 'content-type': 'application/json' } : {};
    const response = await fetch(admin + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  }

  /** Everything a person and a client do, refused and not. */
  async function flows(): Promise<void> {
    const { client } = files;
    const assertion = secret(await client.assertion());
    await client.push(client.params, { client_assertion: assertion });
    await client.push(client.params, { client_assertion: assertion });
    await client.push({ ...client.params, redirect_uri: 'https://attacker.example' });
    await client.push(client.params, { assertion: { aud: 'https://attacker.example' } });
    await client.browser.open(client.authorizationUrl('urn:ietf:params:oauth:request_uri:unknown'));
    const { body } = await client.push();
    const page = await client.browser.open(client.authorizationUrl(secret(body.request_uri)));
    for (let attempt = 0; attempt < 6; attempt += 1) {
      await client.browser.submit(page, { login: 'eve', password: secret('wrong horse'), action: 'continue' });
    }
    const consent = await client.browser.submit(page, { login: 'demo', password: 'demo', action: 'continue' });
    await client.browser.submit(consent, { action: 'abort' });

    const code = secret(await client.code());
    await client.exchange('unknown');
    const tokens = (await client.exchange(code, { dpop: secret(await client.proof('POST', '/token')) })).body;
    for (const name of ['access_token', 'refresh_token', 'id_token']) secret(tokens[name]);
    await client.post('/token/introspection', {});
    await client.post('/token/revocation', { token: tokens.refresh_token });
    const again = secret(await client.code());
    await client.exchange(again);
    await client.exchange(again);
    const end = await client.browser.open(`${client.issuer}/session/end`);
    await client.browser.submit({ ...end, url: new URL(`${end.url}/confirm`) }, { logout: 'yes' });
  }

  /** Everything an administrator does. */
  async function acts(): Promise<void> {
    const own = { ...files.client.metadata, client_id: 'shop' };
    await act('POST', '/clients', own);
    await act('PUT', '/clients/shop', { ...own, client_name: 'Shop' });
    for (const verb of ['disable', 'enable']) await act('POST', `/clients/shop/${verb}`);
    await act('DELETE', '/clients/shop');
    await act('POST', '/accounts', { login: 'jane', password: secret('correct horse') });
    await act('POST', '/accounts/jane/password', { password: secret('battery staple') });
    for (const verb of ['lock', 'unlock']) await act('POST', `/accounts/jane/${verb}`);
    await act('GET', '/accounts/jane/export');
    await act('DELETE', '/accounts/jane');
    await act('POST', '/accounts', { login: 'joan', password: 'correct horse' });
    await act('POST', '/accounts/joan/erase');
    await act('DELETE', '/grants?account=demo');
    await act('DELETE', '/clients/nobody');
    const first = (await act('POST', '/keys', { alg: 'ES256' })).body.kid;
    await act('POST', '/keys/rotate');
    await act('POST', `/keys/${first}/retire`);
    const second = (await act('POST', '/keys', { alg: 'PS256' })).body.kid;
    // Published for as long as clients keep the key set, and five seconds.
    await until(async () => (await act('POST', `/keys/${second}/promote`)).status === 200);
  }

  it('has a record, and no record holds a token, code, proof, assertion, password or private key', async () => {
    const { store } = files.server.adapter;
    await flows();
    await acts();
    const settings = await readFile(files.file, 'utf8');
    await files.put('as.yaml', `${settings}claims: 1\n`);
    await files.server.reload();
    await files.put('as.yaml', settings);
    await files.configure({ ttl: { access_token: 200 } });
    await files.server.reload();
    await until(async () => {
      for await (const _ of byTime(store.knex, auditTableOf(store.table), { event: 'replay.refused' })) return true;
      return false;
    });
    const { secret: trail, signing } = await auditKeys(files.server.adapter);
    const table = store.table.replace('oidc_payloads', 'oidc_pseudonyms');
    const keys = await new Pseudonyms({ knex: store.knex, table, seal: store.seal, secret: trail }).all();
    const opened: string[] = [];
    for await (const row of byTime(store.knex, auditTableOf(store.table))) opened.push(JSON.stringify(told(row, keys)));
    await files.server.close();

    const lines = await readFile(join(files.folder, 'audit.jsonl'), 'utf8');
    const recorded = new Set(
      lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).event as string),
    );
    const wanted = Object.keys(events).filter((name) => !Object.hasOwn(elsewhere, name));
    expect(wanted.filter((name) => !recorded.has(name))).to.deep.equal([]);
    for (const name of recorded) expect(Object.keys(events)).to.include(name);
    const all = `${lines}${opened.join('\n')}`;
    for (const value of [...secrets, `${signing.d}`]) expect(all.includes(value), value.slice(0, 12)).to.equal(false);
    expect(all).to.not.match(/"d":"|PRIVATE KEY/);
    for (const [name, file] of Object.entries(elsewhere)) expect(await readFile(file, 'utf8')).to.include(`'${name}'`);
  }).timeout(60_000);
});
