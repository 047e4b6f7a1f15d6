import { hostname } from 'node:os';

import { expect } from 'chai';
import { readableLine } from '../../lib/log_line.ts';
import { version as ours } from '../../lib/package_file.ts';
import { causesOf, logRequests } from '../../lib/server/log_requests.ts';
import { makeLog } from '../../lib/standard_error.ts';
import { closeAll, served } from '../support/held.ts';
import type { RawClient } from '../support/raw_client.ts';

type Line = Record<string, unknown>;

/** A provider, and what its log says. */
async function logged(level: 'info' | 'debug' = 'info') {
  const lines: Line[] = [];
  const log = makeLog({ write: (line) => void lines.push(JSON.parse(line)) }, level);
  const raw = await served({ afterwards: (provider) => logRequests(provider, log) });
  const last = (msg: string): Line => lines.findLast((line) => line.msg === msg) ?? {};
  return { raw, lines, last };
}

const push = (raw: RawClient, params: Record<string, string>, otherwise = {}) =>
  raw.push({ ...raw.params, ...params }, otherwise);

describe('The log of requests', () => {
  after(closeAll);

  it('says when, where and which version', async () => {
    const { raw, last } = await logged();
    await raw.push(raw.params, { client_assertion: 'x.y.z' });
    const { time, host, version } = last('refused');
    expect(time).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect({ host, version }).to.deep.equal({ host: hostname(), version: ours });
  });

  it('names the client and the redirect_uri that were attempted, and no more of them than helps', async () => {
    const { raw, last } = await logged();
    await push(raw, { client_id: 'nobody', redirect_uri: 'https://wrong.example/cb' }, { client_assertion: 'x.y.z' });
    expect(last('refused')).to.include({
      attempted_client_id: 'nobody',
      redirect_uri: 'https://wrong.example/cb',
    });
    await raw.post('/token', { grant_type: 'x' }, { assertion: { iss: 'forged', sub: 'forged' } });
    expect(last('refused')).to.include({ attempted_client_id: 'forged', route: 'token' });
    await push(raw, { redirect_uri: 'https://wrong.example/cb' });
    expect(last('refused')).to.include({ client_id: 'client', redirect_uri: 'https://wrong.example/cb' });
    await push(raw, { client_id: 'n'.repeat(4000) }, { client_assertion: 'x.y.z' });
    expect(last('refused').attempted_client_id).to.equal('n'.repeat(200));
    const id = '11111111-2222-4333-8444-555555555555';
    await push(raw, { scope: 'unknown' }, { headers: { 'x-fapi-interaction-id': id } });
    expect(last('refused')).to.include({ interaction_id: id, error: 'invalid_scope' });
  });

  it('gives the reason in the words a client is told, also where the client is told less', async () => {
    const { raw, last } = await logged();
    const { body } = await push(raw, { scope: 'unknown' });
    expect(last('refused')).to.include({ refusal: 'scope_missing', reason: body.error_description });
    await raw.push(raw.params, { assertion: { aud: 'https://other.example' } });
    expect(last('refused')).to.include({
      refusal: 'assertion_audience',
      error_description: 'client authentication failed',
    });
    expect(last('refused').reason).to.match(/^client_assertion is for another audience: aud must be/);
    const { body: pushed } = await push(raw, { scope: 'openid unknown' });
    expect(last('noticed')).to.include({ refusal: 'scope_ignored', reason: pushed.warning, client_id: 'client' });
  });

  it('tells what is unknown from what is spent and what has expired', async () => {
    const { raw, last } = await logged();
    const asked = async (request_uri: string) => {
      const { pathname, search } = raw.authorizationUrl(request_uri);
      await raw.request(pathname + search);
      return last('refused').error_description;
    };
    const { body } = await raw.push();
    await raw.authorize(body.request_uri);
    expect(await asked(body.request_uri)).to.match(/used/);
    expect(await asked('urn:ietf:params:oauth:request_uri:unknown')).to.match(/unknown/);
    const code = await raw.code();
    const { body: tokens } = await raw.exchange(code);
    await raw.exchange(code);
    expect(last('refused').error_detail).to.match(/consumed/);
    await raw.exchange('unknown');
    expect(last('refused').error_detail).to.match(/not found/);
    const token = await raw.provider.AccessToken.find(tokens.access_token);
    expect(token).to.equal(undefined);
    await raw.request('/me', { headers: { authorization: 'Bearer unknown' } });
    expect(last('refused')).to.include({ error: 'invalid_token', error_detail: 'access token not found' });
    const old = await raw.exchange(await raw.code());
    const payload = await raw.provider.AccessToken.adapter.find(old.body.access_token);
    await raw.provider.AccessToken.adapter.upsert(old.body.access_token, { ...payload, exp: 1 } as never, 300);
    await raw.get('/me', old.body.access_token);
    expect(last('refused').error_detail).to.equal('access token has expired');
  });

  it('asks for a nonce at debug, and tells logins', async () => {
    const { raw, lines, last } = await logged('debug');
    await raw.push(raw.params, { proof: { nonce: 'made up' } });
    expect(last('asked for a nonce')).to.include({ level: 20, error: 'use_dpop_nonce' });
    await raw.code();
    expect(last('a person logged in')).to.include({ level: 30, client_id: 'client' });
    const { emit } = raw.provider as unknown as NodeJS.EventEmitter;
    const ctx = { ip: '192.0.2.7', state: {} };
    emit.call(raw.provider, 'occurred', ctx, { event: 'login.limited', client: 'client' });
    expect(last('too many attempts to log in')).to.include({ level: 40, address: '192.0.2.7' });
    expect(lines.filter(({ msg }) => msg === 'refused')).to.deep.equal([]);
  });

  it('holds no code, token, assertion, proof, cookie or password', async () => {
    const { raw, lines } = await logged('debug');
    const code = await raw.code();
    const client_assertion = await raw.assertion();
    const { body } = await raw.exchange(code);
    await raw.exchange(code);
    await raw.request('/me', { headers: { authorization: `DPoP ${body.access_token}` } });
    await raw.post('/token', { grant_type: 'refresh_token', refresh_token: `${body.refresh_token}x` });
    await raw.post('/token', { grant_type: 'x' }, { client_assertion });
    await raw.post('/token', { grant_type: 'x' }, { client_assertion });
    const all = JSON.stringify(lines);
    expect(lines.length).to.be.above(4);
    for (const secret of [code, body.access_token, body.refresh_token, client_assertion, client_assertion.slice(-40)]) {
      expect(all).not.to.contain(secret);
    }
    expect(all).not.to.match(/eyJ[\w-]+\.eyJ/);
  });

  it('has the whole chain of causes, without the password of a URL in it', () => {
    const refused = new AggregateError([new Error('connect ECONNREFUSED 10.0.0.5:443')], '');
    const cause = new TypeError('fetch failed', {
      cause: new Error('proxy https://me:s3cret@proxy', { cause: refused }),
    });
    expect(causesOf({ cause })).to.equal('fetch failed: proxy https://...@proxy: connect ECONNREFUSED 10.0.0.5:443');
    expect(causesOf({})).to.equal(undefined);
    const round = new Error('round');
    round.cause = round;
    expect(causesOf({ cause: round })?.split(': ')).to.have.length(8);
  });
});

describe('A line of the log on a terminal', () => {
  const line = {
    level: 30,
    time: '2026-11-27T09:00:00.000Z',
    host: 'a',
    version: '1',
    client_id: 'web',
    msg: 'refused',
  };

  it('is time, level, message and what is known besides', () => {
    expect(readableLine(JSON.stringify({ ...line, error_description: 'no key fits', details: { a: 1 } }))).to.equal(
      '2026-11-27T09:00:00.000Z INFO  refused client_id=web error_description="no key fits" details={"a":1}\n',
    );
  });

  it('moves no cursor, turns no text round, and is one line whatever a stranger wrote', () => {
    const text = readableLine(JSON.stringify({ ...line, redirect_uri: 'x\u001b[2J\n\u009b2J\u202egnp.exe\u2028' }));
    expect(text).to.contain('redirect_uri="x\\u001b[2J\\n\\u009b2J\\u202egnp.exe\\u2028"');
    expect(text.trim().split('\n')).to.have.length(1);
  });

  it('has the stack of an error below it', () => {
    expect(readableLine(JSON.stringify({ ...line, level: 50, stack: 'Error: x\n    at y' }))).to.equal(
      '2026-11-27T09:00:00.000Z ERROR refused client_id=web\n    Error: x\n    at y\n',
    );
  });
});
