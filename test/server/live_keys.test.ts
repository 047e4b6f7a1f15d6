import { readFile } from 'node:fs/promises';

import { expect } from 'chai';
import { decodeProtectedHeader, importJWK, type JWK, jwtVerify } from 'jose';
import { Acts } from '../../lib/administration/acts.ts';
import { byTime } from '../../lib/audit/read.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { inUse } from '../../lib/keys/ring.ts';
import { dpopNonces } from '../../lib/resource/dpop_nonce.ts';
import { KeyDesk } from '../../lib/server/key_desk.ts';
import { RingRow } from '../../lib/store/ring_row.ts';
import { auditTableOf } from '../../lib/store/statements.ts';
import { Reloadable } from '../support/reloadable.ts';
import { until } from '../support/until.ts';

/** A client that keeps the key set as long as it may, and no kid it does not know makes it ask earlier. */
class CachingClient {
  readonly #files: Reloadable;
  #keys: JWK[] = [];
  #until = 0;

  constructor(files: Reloadable) {
    this.#files = files;
  }

  async verifies(token: string): Promise<boolean> {
    if (Date.now() >= this.#until) {
      const { headers, body } = await this.#files.client.request('/jwks');
      const [, age = '0'] = /max-age=(\d+)/.exec(headers.get('cache-control') ?? '') ?? [];
      [this.#keys, this.#until] = [body.keys, Date.now() + Number(age) * 1000];
    }
    const jwk = this.#keys.find(({ kid }) => kid === decodeProtectedHeader(token).kid);
    if (!jwk) return false;
    return jwtVerify(token, await importJWK(jwk)).then(
      () => true,
      () => false,
    );
  }
}

const jwt = { identifier: 'https://api.example.com', token: 'jwt' };

describe('Keys that are rotated every two seconds', () => {
  let files: Reloadable;
  before(async () => {
    files = await Reloadable.start({
      keys: { rotate_every: '2s', max_age: 1 },
      resources: [jwt],
      dpop: { nonce: 'required' },
    });
    // The nonce every proof needs.
    await files.client.token({ grant_type: 'client_credentials', resource: jwt.identifier });
  });
  after(() => files?.close());

  it('fail no request and no validation of clients that keep the key set, and leave records', async () => {
    const client = new CachingClient(files);
    const kids = new Set<string>();
    const failed: unknown[] = [];
    const begun = Date.now();
    let requests = 0;
    const one = async () => {
      while (kids.size < 4 && Date.now() - begun < 40_000) {
        requests += 1;
        const { status, body } = await files.client.token({
          grant_type: 'client_credentials',
          scope: 'api',
          resource: jwt.identifier,
        });
        if (status !== 200) failed.push(body);
        else {
          kids.add(`${decodeProtectedHeader(body.access_token).kid}`);
          if (!(await client.verifies(body.access_token))) failed.push(decodeProtectedHeader(body.access_token));
        }
      }
    };
    await Promise.all([one(), one(), one()]);
    expect(failed.slice(0, 3)).to.deep.equal([]);
    expect(kids.size, `${requests} requests`).to.be.greaterThan(3);
    const { store } = files.server.adapter;
    let records = 0;
    for await (const _ of byTime(store.knex, auditTableOf(store.table), { event: 'keys.rotated' })) records += 1;
    expect(records).to.be.greaterThan(2);
  });

  it('leave a login alone that began under an earlier cookie key', async () => {
    const { body } = await files.client.push();
    const page = await files.client.browser.open(files.client.authorizationUrl(body.request_uri));
    const before = (await new RingRow(files.server.adapter).read()).cookies.find(({ status }) => status === 'active');
    await until(async () => {
      const { cookies } = await new RingRow(files.server.adapter).read();
      return cookies.find(({ status }) => status === 'active')?.kid !== before?.kid;
    });
    const consent = await files.client.browser.submit(page, { login: 'demo', password: 'demo', action: 'continue' });
    const done = await files.client.browser.submit(consent, { action: 'continue' });
    expect(done.url.searchParams.get('code')).to.be.a('string');
  });
});

describe('Keys that an operator changes', () => {
  let files: Reloadable;
  let desk: KeyDesk;
  before(async () => {
    files = await Reloadable.start({ keys: { rotate_every: 'never', max_age: 0 }, dpop: { nonce: 'required' } });
    const { adapter } = files.server;
    desk = new KeyDesk(await loadConfig(files.file), new Acts(adapter, undefined, 'test'), adapter);
  });
  after(() => files?.close());

  const published = async () => ((await files.client.request('/jwks')).body.keys as JWK[]).map(({ kid }) => `${kid}`);

  it('are published by the running server within two seconds, in /jwks with its max-age', async () => {
    const began = Date.now();
    const kid = await desk.add('ES256');
    await until(async () => (await published()).includes(kid));
    expect(Date.now() - began).to.be.lessThan(2500);
    expect((await files.client.request('/jwks')).headers.get('cache-control')).to.equal('public, max-age=0');
  });

  it('are taken although they were read for a configuration that was refused', async () => {
    const kid = await desk.add('ES256');
    const settings = await readFile(files.file, 'utf8');
    await files.put('as.yaml', `${settings}claims: 1\n`);
    expect(await files.server.reload()).to.equal(false);
    await files.put('as.yaml', settings);
    await until(async () => (await published()).includes(kid));
  });

  it('take a nonce of the secret before and after the present one, and go on with the present one', async () => {
    const nonces = async () => inUse((await new RingRow(files.server.adapter).read()).nonces);
    const ask = (nonce: string) =>
      files.client.token({ grant_type: 'client_credentials', scope: 'openid' }, { proof: { nonce } });
    const of = (secret = '') => dpopNonces(Buffer.from(secret, 'base64url')).current();
    const [first] = await nonces();
    await desk.rotate();
    const [, second] = await nonces();
    await until(async () => (await ask(of(second?.secret))).status === 200);
    expect((await ask(of(first?.secret))).status).to.equal(200);

    await until(async () => (await nonces())[0]?.kid === second?.kid);
    await until(async () => {
      const answer = await ask(of(first?.secret));
      expect(answer.status).to.equal(200);
      return answer.headers.get('dpop-nonce') === of(second?.secret);
    });
    expect((await ask(of(Buffer.alloc(32).toString('base64url')))).body.error).to.equal('use_dpop_nonce');
  });
});
