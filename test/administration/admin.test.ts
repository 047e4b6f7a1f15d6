import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'chai';
import { routes } from '../../lib/administration/admin.ts';
import { openapi } from '../../lib/administration/openapi.ts';
import { byTime, told } from '../../lib/audit/read.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import type { httpsFetch } from '../../lib/http/https_fetch.ts';
import { Resources } from '../../lib/resources.ts';
import { type RunningServer, startServer } from '../../lib/server/server.ts';
import { auditTableOf } from '../../lib/store/statements.ts';
import { development } from '../commands/cli.ts';
import { authority } from '../flows/clients.ts';
import { configured, trustingFetch } from '../flows/server.ts';
import { databaseOf, migratedDatabase, type TestDatabase } from '../support/postgres.ts';
import { RawClient } from '../support/raw_client.ts';
import { until } from '../support/until.ts';

type Json = Record<string, unknown>;

const document = openapi() as { paths: Record<string, Record<string, Json>>; components: Json };
const ajv = new Ajv2020({ strict: false });
(addFormats as unknown as (to: Ajv2020) => void)(ajv);
ajv.addSchema({ $id: 'openapi', ...document });

/** Compares an answer with what the document says of the operation. */
function compare(path: string, method: string, status: number, type: string, body: unknown): void {
  const template = Object.keys(document.paths).find((known) =>
    new RegExp(`^${known.replace('{id}', '[^/]+')}$`).test(path),
  );
  const operation = document.paths[template ?? '']?.[method.toLowerCase()] as { responses: Json } | undefined;
  if (!operation) return;
  const known = status in operation.responses ? `${status}` : 'default';
  const escaped = (text: string) => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));
  const place = ['paths', `${template}`, method.toLowerCase(), 'responses', known, 'content', type, 'schema'];
  const valid = ajv.validate({ $ref: `openapi#/${place.map(escaped).join('/')}` }, body);
  expect(valid, `${method} ${path} ${status}: ${ajv.errorsText()}\n${JSON.stringify(body)}`).to.equal(true);
}

describe('administration over HTTP', () => {
  let database: TestDatabase;
  let folder: string;
  let server: RunningServer;
  let client: RawClient;
  let certified: ReturnType<typeof httpsFetch>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'admin-'));
    const port = await freePort();
    const own = { scope: 'openid offline_access admin' };
    client = await RawClient.create(`https://localhost:${port}`, own);
    const file = (name: string) => JSON.stringify(join(folder, name));
    const management = `{port: 0, tls: {cert: ${file('tls.crt')}, key: ${file('tls.key')}}, ca: ${file('ca.crt')}}`;
    database = await migratedDatabase();
    const set = await configured(folder, {
      database: database.url,
      port,
      clients: [client.metadata, ...client.others].map((metadata) => ({ metadata })),
      set: [`management=${management}`, 'scopes=[openid, offline_access, admin]'],
    });
    server = await startServer(await loadConfig(development, { set }));
    certified = trustingFetch(await authority.issue({ subject: 'CN=jane,O=bank', usages: ['1.3.6.1.5.5.7.3.2'] }));
  });
  after(async () => {
    await server?.close();
    await database?.drop();
    await rm(folder, { recursive: true });
  });

  async function ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
    by = certified,
  ) {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await by(`${server.managementUrl}${path}`, {
      method,
      headers: { ...json, ...headers },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const type = `${response.headers.get('content-type')}`.split(';')[0] ?? '';
    // biome-ignore lint/suspicious/noExplicitAny: what a server answers is what a test looks into
    const answered: any = await response.json();
    compare(path.split('?')[0] ?? '', method, response.status, type, answered);
    return { status: response.status, type, headers: response.headers, body: answered };
  }

  async function records(event: string) {
    const { knex, table } = server.adapter.store;
    const found = [];
    for await (const row of byTime(knex, auditTableOf(table), { event }))
      found.push(told(row, new Map()).details as Json);
    return found;
  }

  const { client_id, ...shop } = { ...({} as Json), client_id: 'shop' };
  const metadata = () => ({ ...shop, ...client.metadata, client_id, client_name: 'Shop' });

  it('the document names every path and method there is, and no others', async () => {
    const named = Object.entries(document.paths).map(([path, methods]) => [path, Object.keys(methods).sort()]);
    const there = Object.entries(routes).map(([path, methods]) => [
      path,
      Object.keys(methods)
        .map((method) => method.toLowerCase())
        .sort(),
    ]);
    expect(Object.fromEntries(named)).to.deep.equal(Object.fromEntries(there));
    expect((await ask('GET', '/admin/openapi.json')).body).to.deep.equal(JSON.parse(JSON.stringify(document)));
  });

  it('adds, reads, replaces, disables, enables and removes a client, at once and on record', async () => {
    const added = await ask('POST', '/admin/clients', metadata());
    expect(added.status).to.equal(201);
    expect(added.headers.get('location')).to.equal('/admin/clients/shop');
    const read = await ask('GET', '/admin/clients/shop');
    expect(read.body).to.deep.equal(added.body);
    const etag = { 'if-match': `${read.headers.get('etag')}` };
    const changed = await ask('PUT', '/admin/clients/shop', { ...read.body, client_name: 'Shops' }, etag);
    expect([changed.status, changed.body.client_name]).to.deep.equal([200, 'Shops']);
    expect((await ask('PUT', '/admin/clients/shop', read.body, etag)).status, 'somebody was first').to.equal(412);
    const pushed = () => client.post('/request', { ...client.params, client_id: 'shop' }, {}, 'shop');
    expect((await pushed()).status).to.equal(201);
    expect((await ask('POST', '/admin/clients/shop/disable')).body.ended).to.be.an('object');
    expect((await pushed()).body.error).to.equal('invalid_client');
    expect((await ask('POST', '/admin/clients/shop/disable')).status).to.equal(409);
    await ask('POST', '/admin/clients/shop/enable');
    expect((await pushed()).status).to.equal(201);
    const { clients } = (await ask('GET', '/admin/clients?limit=1')).body;
    expect(clients.map((one: Json) => `${one.client_id} ${one.source}`)).to.include.members([
      'shop database',
      'client file',
    ]);
    expect((await ask('DELETE', '/admin/clients/shop')).status).to.equal(200);
    expect((await ask('GET', '/admin/clients/shop')).status).to.equal(404);
    expect((await records('client.added'))[0]?.by).to.match(/CN=jane.* by certificate$/);
  });

  for (const [what, changes, error] of [
    ['redirect URIs', { redirect_uris: ['http://shop.example/cb'] }, 'invalid_redirect_uri'],
    ['metadata', { redirect_urls: [] }, 'invalid_client_metadata'],
    ['a method', { token_endpoint_auth_method: 'none' }, 'invalid_client_metadata'],
  ] as const) {
    it(`${what} outside the profile are a problem in the words of RFC 7591, and nothing is written`, async () => {
      const { status, type, body } = await ask('POST', '/admin/clients', { ...metadata(), ...changes });
      expect([status, type, body.error]).to.deep.equal([400, 'application/problem+json', error]);
      expect((await ask('GET', '/admin/clients/shop')).status).to.equal(404);
    });
  }

  for (const [what, method, path, status, body, headers] of [
    ['no JSON', 'POST', '/admin/clients', 400, '{', {}],
    ['a list', 'POST', '/admin/clients', 400, '[]', {}],
    ['a member twice', 'POST', '/admin/clients', 400, '{"client_name":"a","client_name":"b"}', {}],
    ['a form', 'POST', '/admin/clients', 415, 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['more than a megabyte', 'POST', '/admin/clients', 413, JSON.stringify('x'.repeat(2 ** 20)), {}],
    ['an id of the file', 'DELETE', '/admin/clients/client', 409, undefined, {}],
    ['an unknown client', 'DELETE', '/admin/clients/nobody', 404, undefined, {}],
    ['a misspelt condition', 'DELETE', '/admin/grants?acount=jane', 400, undefined, {}],
    ['nobody named', 'DELETE', '/admin/grants', 400, undefined, {}],
    ['a time to come', 'DELETE', '/admin/grants?before=2999-01-01T00:00:00Z', 400, undefined, {}],
    ['no number', 'GET', '/admin/clients?limit=many', 400, undefined, {}],
    ['an unknown path', 'GET', '/admin/nothing', 404, undefined, {}],
    ['no UTF-8', 'GET', '/admin/clients/%ff', 404, undefined, {}],
    ['another method', 'PATCH', '/admin/clients', 405, undefined, {}],
  ] as const) {
    it(`${what} is a problem, ${status}`, async () => {
      const answer = await ask(method, path, body, headers);
      expect([answer.status, answer.type]).to.deep.equal([status, 'application/problem+json']);
    });
  }

  it('an act that cannot be read leaves a record as well, and who asked', async () => {
    const before = (await records('admin.refused')).length;
    await ask('DELETE', '/admin/grants?acount=jane');
    await until(async () => (await records('admin.refused')).length > before);
    expect((await records('admin.refused')).at(-1)).to.deep.include({
      act: 'DELETE /admin/grants',
      by: 'O=bank,CN=jane by certificate',
    });
  });

  it('adds, locks, unlocks, exports and removes an account', async () => {
    const added = await ask('POST', '/admin/accounts', { login: 'jane', password: 'secret', claims: { name: 'Jane' } });
    expect(added.status).to.equal(201);
    expect((await ask('POST', '/admin/accounts', { login: 'jane', password: 'secret' })).status).to.equal(409);
    expect((await ask('POST', '/admin/accounts/jane/lock')).body.ended).to.be.an('object');
    expect((await ask('GET', '/admin/accounts/jane')).body).to.have.property('locked_at');
    await ask('POST', '/admin/accounts/jane/unlock');
    await ask('POST', '/admin/accounts/jane/password', { password: 'another' });
    expect(JSON.stringify((await ask('GET', '/admin/accounts/jane/export')).body)).to.not.match(/scrypt|another/);
    expect((await ask('GET', '/admin/accounts')).body.accounts).to.have.length(2);
    expect((await ask('POST', '/admin/accounts/jane/erase')).status).to.equal(200);
    expect((await ask('DELETE', '/admin/accounts/jane')).status).to.equal(404);
  });

  it('lists and revokes grants; lists keys, the trail and the processes', async () => {
    await client.code();
    expect((await ask('GET', '/admin/grants?account=demo')).body.grants).to.have.length(1);
    expect((await ask('DELETE', '/admin/grants?client=client')).body.ended.grants).to.equal(1);
    const { keys } = (await ask('GET', '/admin/keys')).body;
    expect(keys.map(({ status }: Json) => status)).to.include('active');
    const { body } = await ask('GET', '/admin/audit?event=grants.revoked&client=client&limit=1');
    expect(body.records).to.have.length(1);
    expect((await ask('GET', '/admin/nodes')).body.nodes).to.have.length(1);
  });

  it('adds, rotates and retires keys, and says why not, as the commands do', async () => {
    const { status, body } = await ask('POST', '/admin/keys', { alg: 'PS256' });
    expect(status).to.equal(201);
    expect((await ask('GET', '/admin/keys')).body.keys.map(({ kid }: Json) => kid)).to.include(body.kid);
    expect((await ask('POST', `/admin/keys/${body.kid}/promote`)).status, 'not published long enough').to.equal(400);
    expect((await ask('POST', `/admin/keys/${body.kid}/retire`)).status).to.equal(200);
    expect((await ask('POST', '/admin/keys/rotate')).status).to.equal(200);
    expect((await ask('POST', '/admin/keys', { alg: 'none' })).status).to.equal(400);
    expect((await ask('POST', '/admin/keys/nothing/retire')).status).to.equal(400);
  });

  it('refuses who shows no certificate, or one of another authority, with a record', async () => {
    const before = (await records('admin.refused')).length;
    const { status, type } = await ask('DELETE', '/admin/grants?all=true', undefined, {}, trustingFetch());
    expect([status, type]).to.deep.equal([401, 'application/problem+json']);
    await until(async () => (await records('admin.refused')).length > before);
    const after = await records('admin.refused');
    expect(after.at(-1)).to.include({ act: 'DELETE /admin/grants' });
  });

  it('takes a sender-constrained token of scope admin that a client has on its own account, and no other', async () => {
    const path = '/admin/keys';
    const withToken = async (token: string, proof = true) => {
      const claims = { htu: server.managementUrl + path, ath: hash('sha256', token, 'base64url'), nonce: undefined };
      const dpop = proof ? { dpop: await client.proof('GET', path, claims) } : {};
      return ask('GET', path, undefined, { authorization: `DPoP ${token}`, ...dpop }, trustingFetch());
    };
    const own = async (scope: string) =>
      (await client.token({ grant_type: 'client_credentials', scope })).body.access_token as string;

    expect((await withToken(await own('admin'))).status).to.equal(200);
    expect((await withToken(await own('admin'), false)).status, 'without its key').to.equal(401);
    expect((await withToken('unknown')).status).to.equal(401);
    const persons = await client.exchange(await client.code({ ...client.params, scope: 'openid admin' }));
    expect((await withToken(persons.body.access_token)).status, 'of a person').to.equal(403);
  });
});

describe('administration over HTTP, on the loopback', () => {
  const resources = new Resources();
  let server: RunningServer;
  before(async () => {
    const database = `database.url="${await databaseOf(resources)}"`;
    const set = ['listen.port=0', 'mtls.port=0', database, 'management={port: 0}'];
    server = await startServer(await loadConfig(development, { set }));
    resources.add(server, ({ close }) => close());
  });
  after(() => resources.close());

  it('takes who works on the machine, and no page of a browser', async () => {
    const status = async (headers: Record<string, string>) => {
      const response = await httpsFetchPlain(`${server.managementUrl}/admin/keys`, headers);
      return response.status;
    };
    expect(await status({})).to.equal(200);
    expect(await status({ origin: 'https://evil.example' })).to.equal(403);
    expect(await status({ 'sec-fetch-site': 'cross-site' })).to.equal(403);
  });
});

const httpsFetchPlain = (url: string, headers: Record<string, string>) => {
  return new Promise<{ status: number }>((resolve, reject) => {
    get(url, { headers }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0 });
    }).on('error', reject);
  });
};
