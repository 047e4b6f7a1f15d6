import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { expect } from 'chai';
import express from 'express';
import { type Configuration, interactionPolicy as core } from 'oidc-provider';

import { listedAccounts } from '../../lib/accounts/listed.ts';
import { Agent } from './agent.ts';
import { type Options, person, type TestProvider, testProvider } from './provider.ts';

const john = { login: 'john@example.com', password: 'another password' };
const both = listedAccounts([{ ...person }, { ...john }]);

describe('login and consent', () => {
  let as: TestProvider;
  let agent: Agent;

  async function start(options?: Options): Promise<void> {
    as = await testProvider(options);
    agent = new Agent();
  }
  afterEach(async () => {
    expect(as.errors).to.deep.equal([]);
    await as.close();
  });

  const open = async (params?: Record<string, string>) => agent.open(await as.authorizationUrl(params));
  const logIn = async (params?: Record<string, string>) =>
    agent.post(await open(params), { action: 'continue', ...person });
  const allow = async (params?: Record<string, string>) => agent.post(await logIn(params), { action: 'continue' });

  it('are one interaction', async () => {
    await start();
    const login = await open({ state: 'state-1' });
    expect(login.heading).to.equal('Sign in');
    const consent = await agent.post(login, { action: 'continue', ...person });
    expect(consent.heading).to.equal('Allow access?');
    expect(consent.url).to.equal(login.url);
    const { answer } = await agent.post(consent, { action: 'continue' });

    expect(answer.get('code')).to.be.a('string');
    expect(answer.get('state')).to.equal('state-1');
  });

  it("are two interactions under core's own policy", async () => {
    await start({ twoSteps: true });
    const login = await open();
    const consent = await agent.post(login, { action: 'continue', ...person });
    expect(consent.heading).to.equal('Allow access?');
    expect(consent.url).to.not.equal(login.url);

    expect((await agent.post(consent, { action: 'continue' })).answer.get('code')).to.be.a('string');
  });

  it('work under a mount path', async () => {
    await start({ mountPath: '/tenant/oidc' });
    const login = await open();
    expect(new URL(login.url).pathname).to.match(/^\/tenant\/oidc\/interaction\//);
    const consent = await agent.post(login, { action: 'continue', ...person });

    expect((await agent.post(consent, { action: 'continue' })).answer.get('code')).to.be.a('string');
  });

  it('work behind an application that reads bodies itself', async () => {
    await start();
    const app = express().use('/tenant', express.urlencoded({ extended: true }), as.provider.callback());
    const server = app.listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tenant`;
      const login = await agent.open((await as.authorizationUrl()).replace(as.origin, origin));
      expect(new URL(login.url).pathname).to.match(/^\/tenant\/interaction\//);
      const consent = await agent.post(login, { action: 'continue', ...person });

      expect((await agent.post(consent, { action: 'continue' })).answer.get('code')).to.be.a('string');
    } finally {
      server.close();
    }
  });

  it('survive a reload between the two', async () => {
    await start();
    const consent = await logIn();
    const again = await agent.open(consent.url);
    expect(again.heading).to.equal('Allow access?');

    expect((await agent.post(again, { action: 'continue' })).answer.get('code')).to.be.a('string');
  });

  it('grant what was asked and nothing else', async () => {
    await start();
    const code = await allow({ scope: 'openid profile', claims: '{"userinfo":{"email":null}}' });
    const { grantId } = (await as.provider.AuthorizationCode.find(code.answer.get('code') ?? '')) ?? {};
    const grant = await as.provider.Grant.find(grantId ?? '');

    expect(grant?.openid).to.deep.equal({ scope: 'openid profile', claims: ['email'] });
  });

  it('keep when and how the person logged in', async () => {
    await start({ acr: { 'urn:example:password': ['pwd'] } });
    const code = await allow();
    const found = await as.provider.AuthorizationCode.find(code.answer.get('code') ?? '');

    expect(found).to.deep.include({ amr: ['pwd'], acr: 'urn:example:password' });
    expect(found?.authTime).to.be.closeTo(Date.now() / 1000, 30);
  });

  it('FAPI2-SP-FINAL-5.3.2.2-13 ask nothing twice: neither who it is nor what was granted', async () => {
    await start();
    await allow({ scope: 'openid' });

    expect((await open({ scope: 'openid' })).answer.get('code')).to.be.a('string');
    const consent = await open({ scope: 'openid email' });
    expect(consent.heading).to.equal('Allow access?');
    expect(consent.text).to.contain('See your email address').and.not.contain('Recognise you');
    expect((await agent.post(consent, { action: 'continue' })).answer.get('code')).to.be.a('string');
  });

  it('ask for the password alone when the login has become too old', async () => {
    await start();
    await allow();
    const login = await open({ prompt: 'login' });
    expect(login.heading).to.equal('Sign in');

    expect((await agent.post(login, { action: 'continue', ...person })).answer.get('code')).to.be.a('string');
  });

  for (const remember of [true, false]) {
    it(`leave a cookie that ${remember ? 'outlives' : 'ends with'} the browser, as the person asked`, async () => {
      await start();
      const consent = await agent.post(await open(), {
        action: 'continue',
        ...person,
        ...(remember && { remember: 'yes' }),
      });
      agent.received.splice(0);
      await agent.post(consent, { action: 'continue' });
      const session = agent.received.filter((line) => line.startsWith('_session='));

      expect(session).to.have.length(1);
      expect(/expires=/i.test(session[0] ?? '')).to.equal(remember);
      expect((await open()).answer.get('code'), 'signed in').to.be.a('string');
    });
  }

  it('show what was allowed before when the client insists on consent', async () => {
    await start();
    await allow();
    const consent = await open({ prompt: 'consent' });
    expect(consent.text).to.contain('You have allowed this before').and.contain('Recognise you');

    expect((await agent.post(consent, { action: 'continue' })).answer.get('code')).to.be.a('string');
  });

  it('ask for the more only, when a client asks for more', async () => {
    await start();
    await allow({ scope: 'openid profile' });
    const more = await open({ scope: 'openid profile email' });
    expect(more.heading).to.equal('Allow access?');
    expect(more.text)
      .to.contain('See your email address')
      .and.not.contain('See your name')
      .and.not.contain('Recognise');
    await agent.post(more, { action: 'continue' });

    expect((await open({ scope: 'openid profile email' })).answer.get('code')).to.be.a('string');
  });

  it('are asked each time where the person wanted it, of that client, until they want it no more', async () => {
    await start();
    await agent.post(await logIn(), { action: 'continue', ask_again: 'yes' });
    const again = await open();
    expect(again.heading).to.equal('Allow access?');
    expect(again.text).to.contain('You have allowed this before');
    expect(again.text).to.match(/id="ask_again"[^>]* checked/);
    await agent.post(again, { action: 'continue' });

    expect((await open()).answer.get('code')).to.be.a('string');
  });

  for (const [scope, grants, words, not] of [
    ['openid', ['refresh_token'], 'Keep this access until you sign out here', 'while you are away'],
    ['openid offline_access', ['refresh_token'], 'Keep this access while you are away', 'until you sign out'],
    ['openid', [], 'Recognise you', 'Keep this access'],
  ] as const) {
    it(`tell of access that lasts: ${scope}, ${grants.length ? '' : 'no '}refresh token`, async () => {
      await start({ client: { grant_types: ['authorization_code', ...grants] } });
      const consent = await logIn({ scope, prompt: 'consent' });

      expect(consent.text).to.contain(words).and.not.contain(not);
      expect(consent.text.split('Keep this access')).to.have.length(grants.length ? 2 : 1);
    });
  }

  it('prefill the login the client hints at', async () => {
    await start();

    expect((await open({ login_hint: 'jane@example.com' })).text).to.match(
      /name="login"[^>]* value="jane@example.com"/,
    );
  });

  it('say whom it is for', async () => {
    await start({ client: { client_name: 'Budget Planner', policy_uri: 'https://planner.example/privacy' } });
    const login = await open();

    expect(login.text).to.contain('Budget Planner').and.contain('href="https://planner.example/privacy"');
  });

  for (const [step, act] of [
    ['login', async () => agent.post(await open(), { action: 'abort', login: '', password: '' })],
    ['consent', async () => agent.post(await logIn(), { action: 'abort' })],
  ] as const) {
    it(`aborted at ${step} send the person back with access_denied, and leave no session`, async () => {
      await start();
      const { answer } = await act();
      expect(answer.get('error')).to.equal('access_denied');
      expect(answer.get('iss')).to.equal(as.provider.issuer);

      expect((await open()).heading).to.equal('Sign in');
    });
  }

  it('log in somebody else over a session', async () => {
    await start({ accounts: both });
    await allow();
    const login = await open({ prompt: 'login' });
    const consent = await agent.post(login, { action: 'continue', ...john });
    expect(consent.heading).to.equal('Allow access?');
    // Core ends the other person's session with a form of its own that a script posts.
    const leaving = await agent.post(consent, { action: 'continue' });
    const [, action = ''] = /<form method="post" action="([^"]*)"/.exec(leaving.text) ?? [];
    const fields = new URLSearchParams();
    for (const [, name = '', value = ''] of leaving.text.matchAll(/name="(\w+)" value="([^"]*)"/g))
      fields.set(name, value);
    const back = await agent.follow(await agent.fetch(action, { method: 'POST', body: fields }));
    const code = new URL(back.headers.get('location') ?? '').searchParams.get('code') ?? '';

    expect((await as.provider.AuthorizationCode.find(code))?.accountId).to.equal(
      await both.authenticate(john.login, john.password),
    );
  });

  it('ask again who it is when the account of the session is gone', async () => {
    let gone = false;
    const accounts = listedAccounts([{ ...person }]);
    await start({
      accounts: { ...accounts, findAccount: (ctx, sub) => (gone ? undefined : accounts.findAccount(ctx, sub)) },
    });
    await allow();
    gone = true;
    const login = await open();

    expect(login.heading).to.equal('Sign in');
    expect(login.status).to.equal(200);
  });

  it('OIDCC-5.5.1.1 refuse an essential acr that no password reaches, instead of asking for ever', async () => {
    await start({ configuration: { acrValues: ['urn:example:token'] } });
    const { answer } = await open({ claims: '{"id_token":{"acr":{"essential":true,"value":"urn:example:token"}}}' });

    expect(answer.get('error')).to.equal('unmet_authentication_requirements');
  });

  it('OIDCC-5.5.1.1 reach an essential acr that a password reaches', async () => {
    await start({ acr: { 'urn:example:password': ['pwd'] }, configuration: { acrValues: ['urn:example:password'] } });
    const claims = '{"id_token":{"acr":{"essential":true,"values":["urn:example:password"]}}}';

    expect((await allow({ claims })).answer.get('code')).to.be.a('string');
  });

  it('say why, when the client asks for another account than the one that logged in', async () => {
    await start({ accounts: both });
    const sub = await both.authenticate(john.login, john.password);
    const again = await logIn({ claims: JSON.stringify({ id_token: { sub: { value: sub } } }) });
    expect(again.heading).to.equal('Sign in');
    expect(again.alert).to.contain('another account');
  });

  it("leave prompts that are a deployment's own to it", async () => {
    const policy = core.base();
    policy.add(
      new core.Prompt({ name: 'terms' }, new core.Check('terms', 'terms are new', (ctx) => !ctx.oidc.result?.terms)),
      0,
    );
    await start({
      configuration: { interactions: { policy, url: (_ctx, { uid }) => `/interaction/${uid}` } },
      behind: (ctx, next) => {
        if (!ctx.path.startsWith('/interaction/')) return next();
        ctx.type = 'html';
        ctx.body = '<h1>Our terms</h1>';
      },
    });

    expect((await open()).heading).to.equal('Our terms');
  });
});

describe('consent says what is asked for', () => {
  const configuration = {
    scopes: ['openid', 'offline_access', 'payments.read'],
    features: {
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: 'accounts:read balances', accessTokenFormat: 'opaque' as const }),
      },
      richAuthorizationRequests: {
        enabled: true,
        types: { payment_initiation: { validate: () => {} } },
        authorizationDetailsForGrantSource: () => undefined,
      },
    },
  };
  let as: TestProvider;
  const agent = new Agent();
  before(async () => {
    as = await testProvider({
      configuration: configuration as Configuration,
      client: {
        authorization_details_types: ['payment_initiation'],
        grant_types: ['authorization_code', 'refresh_token'],
      },
      words: { scopes: { 'accounts:read': 'See your accounts' }, authorization_details: {} },
    });
  });
  after(() => as.close());

  it('scopes of the provider and of a resource, authorization details, and what stays', async () => {
    const login = await agent.open(
      await as.authorizationUrl({
        scope: 'openid offline_access accounts:read balances',
        prompt: 'consent',
        resource: 'https://rs.example.com/v1',
        authorization_details: JSON.stringify([
          {
            type: 'payment_initiation',
            actions: ['initiate', 'status'],
            instructedAmount: { currency: 'EUR', amount: '123.50' },
            creditorName: 'Merchant <b>A</b>',
            creditorAccount: { iban: 'DE02100100109307118603' },
          },
        ]),
      }),
    );
    const consent = await agent.post(login, { action: 'continue', ...person });
    const words = consent.text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

    for (const expected of [
      'Budget Planner',
      'Payment initiation',
      'Actions initiate, status',
      'Instructed amount 123.50 EUR',
      'Creditor account › IBAN DE02100100109307118603',
      'Merchant &lt;b&gt;A&lt;/b&gt;',
      'At https://rs.example.com/v1',
      'See your accounts',
      'Balances',
      'Keep this access while you are away',
      'from your account jane@example.com',
    ]) {
      expect(words).to.contain(expected);
    }
    const { answer } = await agent.post(consent, { action: 'continue' });
    const code = await as.provider.AuthorizationCode.find(answer.get('code') ?? '');
    const grant = await as.provider.Grant.find(code?.grantId ?? '');
    expect(grant?.resources).to.deep.equal({ 'https://rs.example.com/v1': 'accounts:read balances' });
    expect(grant?.openid?.scope).to.equal('openid offline_access');
    expect(grant?.rar).to.have.length(1);
  });

  it('grants the same details once, however often they are asked for', async () => {
    const params = {
      scope: 'openid',
      resource: 'https://rs.example.com/v1',
      authorization_details: '[{"type":"payment_initiation","actions":["status"]}]',
    };
    for (const count of [1, 2]) {
      const consent = await agent.open(await as.authorizationUrl(params));
      expect(consent.heading, `time ${count}`).to.equal('Allow access?');
      const { answer } = await agent.post(consent, { action: 'continue' });
      const code = await as.provider.AuthorizationCode.find(answer.get('code') ?? '');
      const grant = await as.provider.Grant.find(code?.grantId ?? '');
      expect(grant?.rar?.filter(({ actions }) => String(actions) === 'status')).to.have.length(1);
    }
  });
});
