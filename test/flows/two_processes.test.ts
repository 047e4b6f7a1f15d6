import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import { openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { authorize, Browser } from '../../lib/demo/browser.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import type { FetchOptions, HttpsFetch } from '../../lib/http/https_fetch.ts';
import { development, Running } from '../commands/cli.ts';
import { Postgres } from '../support/postgres.ts';
import { RawClient } from '../support/raw_client.ts';
import { assertionType, person } from '../support/wire_client.ts';
import { configured, trustingFetch } from './server.ts';

const attempts = 8;
const rounds = 3;

/** To one process, under the name both have: what a load balancer does. */
function fetchAt(port: number, issuer: string): HttpsFetch {
  const fetch = trustingFetch();
  const { host } = new URL(issuer);
  return (input, options: FetchOptions = {}) => {
    const url = new URL(input);
    url.port = `${port}`;
    const headers = new Headers(options.headers);
    headers.set('host', host);
    return fetch(url, { ...options, headers });
  };
}

describe('two processes on one Postgres', () => {
  let postgres: Postgres;
  let folder: string;
  let client: RawClient;
  let fetches: HttpsFetch[];
  const processes: Running[] = [];

  before(async () => {
    postgres = await Postgres.start();
    const { knex, close } = await openDatabase({ url: postgres.url });
    await migrate(knex);
    await close();
    folder = await mkdtemp(join(tmpdir(), 'flows-'));
    const ports = [await freePort(), await freePort()];
    const issuer = `https://localhost:${ports[0]}`;
    client = await RawClient.create(issuer);
    const clients = [client.metadata, ...client.others].map((metadata) => ({ metadata }));
    for (const port of ports) {
      const set = await configured(folder, { database: postgres.url, port, clients });
      const more = [`issuer=${issuer}`, 'mtls.url=https://localhost:1'];
      const args = [...set, ...more].flatMap((assignment) => ['--set', assignment]);
      processes.push(new Running(['serve', '--config', development, ...args]));
    }
    for (const process of processes) await process.prints(/Stop with/);
    fetches = ports.map((port) => fetchAt(port, issuer));
  });
  after(async () => {
    for (const { process } of processes) process.kill('SIGTERM');
    for (const process of processes) await process.ends();
    await postgres?.remove();
    await rm(folder, { recursive: true });
  });

  const at = (index: number) => fetches[index % fetches.length] as HttpsFetch;

  /** The same thing at the same moment, to one process and the other by turns; how often it was granted. */
  async function granted(attempt: (fetch: HttpsFetch) => Promise<Response>, successful: number): Promise<void> {
    const responses = await Promise.all(Array.from({ length: attempts }, (_, index) => attempt(at(index))));
    const statuses = responses.map(({ status }) => status);
    expect(
      statuses.filter((status) => status === successful),
      `${statuses}`,
    ).to.have.length(1);
    expect(statuses.filter((status) => status !== successful && (status < 400 || status > 401))).to.deep.equal([]);
  }

  async function form(path: string, fields: Record<string, string>, fetch: HttpsFetch, headers = {}) {
    const client_assertion = fields.client_assertion ?? (await client.assertion());
    const body = new URLSearchParams({ ...fields, client_assertion, client_assertion_type: assertionType });
    return fetch(client.issuer + path, { method: 'POST', body, headers });
  }

  async function code(): Promise<string> {
    const pushed = (await (await form('/request', client.params, at(0))).json()) as { request_uri: string };
    const place = await authorize(new Browser(at(1)), client.authorizationUrl(pushed.request_uri), person);
    return `${place.url.searchParams.get('code')}`;
  }

  function exchange(code: string, dpop: string, fetch: HttpsFetch): Promise<Response> {
    const { redirectUri: redirect_uri, verifier: code_verifier } = client;
    const fields = { grant_type: 'authorization_code', code, redirect_uri, code_verifier };
    return form('/token', fields, fetch, { dpop });
  }

  const races: Readonly<Record<string, () => Promise<void>>> = {
    'RFC7523-3-7 one client assertion': async () => {
      const client_assertion = await client.assertion();
      await granted((fetch) => form('/request', { ...client.params, client_assertion }, fetch), 201);
    },
    'FAPI2-SP-FINAL-6.2 one DPoP proof at the token endpoint': async () => {
      const dpop = await client.proof('POST', '/token');
      const fields = { grant_type: 'client_credentials', scope: 'openid' };
      await granted((fetch) => form('/token', fields, fetch, { dpop }), 200);
    },
    'FAPI2-SP-FINAL-5.3.2.2-9 one code': async () => {
      const one = await code();
      await granted(async (fetch) => exchange(one, await client.proof('POST', '/token'), fetch), 200);
    },
    'FAPI2-SP-FINAL-6.2 one DPoP proof at the resource': async () => {
      const tokens = await exchange(await code(), await client.proof('POST', '/token'), at(0));
      const { access_token } = (await tokens.json()) as { access_token: string };
      const nonce = undefined; // that of the token endpoint is not the resource's
      const dpop = await client.proof('GET', '/resource', { ath: hash('sha256', access_token, 'base64url'), nonce });
      const headers = { authorization: `DPoP ${access_token}`, dpop };
      await granted((fetch) => fetch(`${client.issuer}/resource`, { headers }), 200);
    },
    'PAR-7.3 one request_uri, by several people who all said yes': async () => {
      const pushed = (await (await form('/request', client.params, at(0))).json()) as { request_uri: string };
      const url = client.authorizationUrl(pushed.request_uri);
      const people = await Promise.all(
        Array.from({ length: attempts }, async (_, index) => {
          const browser = new Browser(at(index));
          const login = await browser.open(url);
          return { browser, consent: await browser.submit(login, { ...person, action: 'continue' }) };
        }),
      );
      const places = await Promise.all(
        people.map(({ browser, consent }) => browser.submit(consent, { action: 'continue' })),
      );
      const codes = places.flatMap((place) => place.url.searchParams.get('code') ?? []);
      expect(codes).to.have.length(1);
      for (const { response } of places) expect(response?.status ?? 400).to.equal(400);
    },
  };
  for (const [what, race] of Object.entries(races)) {
    it(`${what} at the same moment: exactly one succeeds`, async () => {
      for (let round = 0; round < rounds; round += 1) await race();
    });
  }

  it('answer 503 with Retry-After while the database is away, and recover alone', async () => {
    const push = () => form('/request', client.params, at(0));
    const { request_uri } = (await (await push()).json()) as { request_uri: string };
    await postgres.stop();
    for (const response of [
      await push(),
      await form('/token', { grant_type: 'client_credentials' }, at(1), { dpop: await client.proof('POST', '/token') }),
      await form('/token/introspection', { token: 'x' }, at(1)),
    ]) {
      expect(response.status).to.equal(503);
      expect(response.headers.get('retry-after')).to.match(/^\d+$/);
      expect(await response.json()).to.have.property('error', 'temporarily_unavailable');
    }
    const page = await new Browser(at(1)).open(client.authorizationUrl(request_uri));
    expect(page.response?.status).to.equal(503);
    expect(page.response?.headers.get('retry-after')).to.match(/^\d+$/);
    expect(page.html).to.match(/<h1>/);
    await postgres.start();
    for (const fetch of fetches) expect((await form('/request', client.params, fetch)).status).to.equal(201);
    const place = await authorize(new Browser(at(1)), client.authorizationUrl(request_uri), person);
    expect(place.url.searchParams.get('code')).to.be.a('string');
  });
});
