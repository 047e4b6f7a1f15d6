import { expect } from 'chai';

import type { Interaction } from 'oidc-provider';

import { formToken } from '../../lib/interactions/xsrf.ts';
import { Agent, Page } from './agent.ts';
import { person, type TestProvider, testProvider } from './provider.ts';

describe('a decision is made by the person in front of the page, or not at all', () => {
  let as: TestProvider;
  let agent: Agent;
  before(async () => {
    as = await testProvider();
  });
  beforeEach(() => {
    agent = new Agent();
  });
  after(async () => {
    expect(as.errors).to.deep.equal([]);
    await as.close();
  });

  const open = async () => agent.open(await as.authorizationUrl());
  const logIn = async () => agent.post(await open(), { action: 'continue', ...person });

  /** Nothing happened: the login is still to be done, and works. */
  async function expectUntouched(page: Page): Promise<void> {
    const login = await agent.open(page.url);
    expect(login.heading).to.equal('Sign in');
    expect((await agent.post(login, { action: 'continue', ...person })).heading).to.equal('Allow access?');
  }

  for (const [what, token] of Object.entries({
    'no token': '',
    'a guessed token': 'x'.repeat(43),
    'a token of another length': 'x',
  })) {
    it(`refuses a post with ${what}`, async () => {
      const page = await open();
      const refused = await agent.post(page, { token, action: 'continue', ...person });
      expect(refused.status).to.equal(403);
      expect(refused.alert).to.contain('look at it again');

      await expectUntouched(page);
    });

    it(`refuses an abort with ${what}`, async () => {
      const page = await open();
      expect((await agent.post(page, { token, action: 'abort' })).status).to.equal(403);

      await expectUntouched(page);
    });
  }

  it('refuses the token of another interaction', async () => {
    const [page, other] = [await open(), await open()];
    const refused = await agent.post(page, { token: other.token, action: 'continue', ...person });
    expect(refused.status).to.equal(403);

    await expectUntouched(page);
  });

  it('makes tokens from what the store alone knows: nothing the browser has is enough', () => {
    const step = { name: 'login' } as const;
    const tokens = ['one', 'other'].map((cid) => formToken({ uid: 'uid', cid } as Interaction, step));

    expect(tokens[0]).to.not.equal(tokens[1]);
  });

  for (const site of ['cross-site', 'same-site']) {
    it(`refuses a post the browser calls ${site}, also with the right token`, async () => {
      const page = await open();
      const headers = { 'sec-fetch-site': site };
      expect((await agent.post(page, { action: 'continue', ...person }, headers)).status).to.equal(403);

      await expectUntouched(page);
    });
  }

  it('accepts Origin: null, which browsers send under Referrer-Policy: no-referrer', async () => {
    const headers = { origin: 'null', 'sec-fetch-site': 'same-origin' };

    expect((await agent.post(await open(), { action: 'continue', ...person }, headers)).heading).to.equal(
      'Allow access?',
    );
  });

  it('a login posted twice is not a consent', async () => {
    const login = await open();
    await agent.post(login, { action: 'continue', ...person });
    const again = await agent.post(login, { action: 'continue', ...person });

    expect(again.status).to.equal(403);
    expect(again.heading).to.equal('Allow access?');
  });

  it('a login that did not happen is no login: consent cannot be posted first', async () => {
    const login = await open();
    const consent = await agent.post(login, { action: 'continue' });

    expect(consent.status).to.equal(422);
    expect(consent.heading).to.equal('Sign in');
  });

  it('a consent posted twice gets one code', async () => {
    const consent = await logIn();
    expect((await agent.post(consent, { action: 'continue' })).answer.get('code')).to.be.a('string');
    const replayed = await agent.post(consent, { action: 'continue' });

    expect(replayed.status).to.equal(400);
    expect(replayed.heading).to.equal('This sign-in is no longer open');
  });

  it('going on by hand after the login does not skip consent', async () => {
    const consent = await logIn();
    const resume = consent.url.replace('/interaction/', '/auth/');
    const page = await agent.open(resume);

    expect(page.heading).to.equal('Allow access?');
  });

  it('an interaction of another browser gets a page that says what to do', async () => {
    const page = await open();
    const other = await new Agent().open(page.url);

    expect(other.status).to.equal(400);
    expect(other.heading).to.equal('This sign-in is no longer open');
    expect(other.text).to.contain('start again').and.not.contain('<form');
    expect(await (await new Agent().post(page, { action: 'continue', ...person })).status).to.equal(400);
    await expectUntouched(page);
  });

  it("an interaction's cookie opens no other interaction", async () => {
    const page = await open();
    const response = await fetch(`${page.url.slice(0, -3)}xyz`, {
      headers: { cookie: agent.cookies(page.url), accept: 'text/html' },
    });

    expect(response.status).to.equal(400);
  });

  it('an interaction that has expired gets a page that says what to do', async () => {
    const page = await open();
    const interaction = await as.provider.Interaction.find(page.url.split('/').pop() ?? '');
    await interaction?.destroy();
    const late = await agent.post(page, { action: 'continue', ...person });

    expect(late.status).to.equal(400);
    expect(late.heading).to.equal('This sign-in is no longer open');
  });

  for (const [what, init, status] of [
    ['another method', { method: 'PUT' }, 405],
    ['JSON', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }, 415],
    ['no body', { method: 'POST' }, 415],
    ['100 kB', { method: 'POST', body: new URLSearchParams({ login: 'x'.repeat(100_000) }) }, 413],
    [
      'a broken percent sign',
      {
        method: 'POST',
        body: 'token=%&action=%E0%A4',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
      403,
    ],
  ] as const) {
    it(`answers ${what} with ${status} and a page`, async () => {
      const page = await open();
      const answer = await Page.of(await agent.fetch(page.url, init));

      expect(answer.status).to.equal(status);
      expect(answer.heading).to.not.equal('');
      if (status === 405) expect(answer.response.headers.get('allow')).to.equal('GET, POST');
      await expectUntouched(page);
    });
  }

  it('every page is closed to frames, caches, scripts, foreign parts and referrers', async () => {
    const login = await open();
    const consent = await agent.post(login, { action: 'continue', ...person });
    const foreign = await new Agent().open(login.url);
    for (const { response } of [login, consent, foreign]) {
      const policy = response.headers.get('content-security-policy');
      expect(policy)
        .to.contain("default-src 'none'")
        .and.contain("frame-ancestors 'none'")
        .and.contain("base-uri 'none'");
      expect(policy).to.not.match(/script-src|unsafe|form-action/);
      expect(response.headers.get('cache-control')).to.equal('no-store');
      expect(response.headers.get('referrer-policy')).to.equal('no-referrer');
      expect(response.headers.get('x-content-type-options')).to.equal('nosniff');
      expect(response.headers.get('content-type')).to.equal('text/html; charset=utf-8');
    }
  });
});
