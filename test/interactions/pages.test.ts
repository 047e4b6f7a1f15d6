import { expect } from 'chai';
import type { Context } from 'koa';

import { listedAccounts } from '../../lib/accounts/listed.ts';
import { interactionId } from '../../lib/http/interaction_id.ts';
import { StoreUnavailable } from '../../lib/store/unavailable.ts';
import { closeAll, served } from '../support/held.ts';
import type { RawClient } from '../support/raw_client.ts';
import { Agent } from './agent.ts';
import { person, type TestProvider, testProvider } from './provider.ts';

describe('pages core shows by itself', () => {
  let as: TestProvider;
  let agent: Agent;
  before(async () => {
    // With one redirect_uri core would send every error there.
    as = await testProvider({ more_redirect_uris: ['https://planner.example/cb'] });
  });
  beforeEach(() => {
    agent = new Agent();
  });
  after(() => as.close());

  async function logIn(): Promise<void> {
    const login = await agent.open(await as.authorizationUrl());
    const consent = await agent.post(login, { action: 'continue', ...person });
    expect((await agent.post(consent, { action: 'continue' })).answer.get('code')).to.be.a('string');
  }

  async function logOut(params: string, logout: string | undefined): Promise<string> {
    const page = await agent.open(`${as.provider.urlFor('end_session')}?${params}`);
    expect(page.heading).to.equal('Sign out?');
    const [, xsrf = ''] = /name="xsrf" value="([^"]*)"/.exec(page.text) ?? [];
    const body = new URLSearchParams({ xsrf, ...(logout && { logout }) });
    const url = as.provider.urlFor('end_session_confirm');
    const done = await agent.follow(await agent.fetch(url, { method: 'POST', body }));
    return (await done.text()).match(/<h1>([^<]*)/)?.[1] ?? '';
  }

  it('an error says what happened, what to do, and what to tell', async () => {
    const page = await agent.open(`${as.provider.urlFor('authorization')}?client_id=unknown`);

    expect(page.status).to.equal(400);
    expect(page.heading).to.equal('The request could not be understood');
    expect(page.text).to.contain('start again').and.contain('invalid_client').and.contain('client is invalid');
    expect(page.response.headers.get('content-security-policy')).to.contain("default-src 'none'");
  });

  it('a request_uri that is over says so', async () => {
    const page = await agent.open(
      `${as.provider.urlFor('authorization')}?client_id=client-1&request_uri=urn:ietf:params:oauth:request_uri:gone`,
    );

    expect(page.heading).to.equal('This link was used already');
  });

  it('signing out ends the session', async () => {
    await logIn();
    expect(await logOut('', 'yes')).to.equal('You are signed out');

    expect((await agent.open(await as.authorizationUrl())).heading).to.equal('Sign in');
  });

  it('staying signed in changes nothing', async () => {
    await logIn();
    expect(await logOut('', undefined)).to.equal('Nothing has changed');

    expect((await agent.open(await as.authorizationUrl())).answer.get('code')).to.be.a('string');
  });

  it('staying signed in ends the access of the client that asked', async () => {
    await logIn();
    expect(await logOut('client_id=client-1', undefined)).to.equal('Access has ended');

    expect((await agent.open(await as.authorizationUrl())).heading).to.equal('Allow access?');
  });
});

describe('the page about an error', () => {
  const internals = 'select * from secrets at 10.0.0.5:5432';
  const id = '7d1f3c1e-0000-4000-8000-000000000000';
  const accounts = {
    ...listedAccounts([{ ...person }]),
    authenticate: (login: string) =>
      Promise.reject(login === 'busy' ? new StoreUnavailable('the database is busy') : new Error(internals)),
  };
  let as: TestProvider;
  before(async () => {
    as = await testProvider({ accounts, before: interactionId() });
  });
  after(() => as.close());

  async function fail(login: string) {
    const agent = new Agent();
    const page = await agent.open(await as.authorizationUrl());
    return agent.post(page, { action: 'continue', login, password: 'x' }, { 'x-fapi-interaction-id': id });
  }

  it('carries the x-fapi-interaction-id both sides log', async () => {
    expect((await fail('jane')).text).to.contain(id);
  });

  it('says nothing of what went wrong inside; the operator is told', async () => {
    as.errors.length = 0;
    const page = await fail('jane');

    expect(page.status).to.equal(500);
    expect(page.heading).to.equal('Something went wrong');
    expect(page.text).to.not.match(/secrets|10\.0\.0\.5/);
    expect(as.errors.map(String)).to.deep.equal([`Error: ${internals}`]);
  });

  it('says when to come back while the database is away', async () => {
    const page = await fail('busy');

    expect(page.status).to.equal(503);
    expect(page.heading).to.equal('Not available at the moment');
    expect(page.response.headers.get('retry-after')).to.equal('1');
  });
});

describe('whoever asks too often, or otherwise than a browser does,', () => {
  let client: RawClient;
  before(async () => {
    const tooMany = (ctx: Context) => (ctx.get('x-test') ? 12.5 : undefined);
    client = await served({ settings: { limits: { tooMany } } });
  });
  after(closeAll);

  for (const path of ['/auth?client_id=client', '/auth/uid', '/session/end', '/session/end/success']) {
    it(`gets a page at ${path}, and a program its JSON`, async () => {
      const page = await client.request(path, { headers: { accept: 'text/html', 'x-test': '1' } });
      expect({ status: page.status, wait: page.headers.get('retry-after') }).to.deep.equal({ status: 429, wait: '13' });
      expect(page.body)
        .to.match(/<h1[^>]*>Asked too often</)
        .and.contain('Wait a minute');
      const german = { accept: 'text/html', 'accept-language': 'de', 'x-test': '1' };
      expect((await client.request(path, { headers: german })).body).to.contain('Zu oft angefragt');
      const json = await client.request(path, { headers: { accept: 'application/json', 'x-test': '1' } });
      expect(json.body).to.include({ error: 'invalid_request' });
    });
  }

  it('gets a page of other mistakes as well', async () => {
    const { status, headers, body } = await client.request('/auth', {
      method: 'PUT',
      headers: { accept: 'text/html' },
    });
    expect({ status, allow: headers.get('allow') }).to.deep.equal({ status: 405, allow: 'GET, POST' });
    expect(body).to.contain('The request could not be understood');
  });
});
