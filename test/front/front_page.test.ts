import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { expect } from 'chai';
import Koa from 'koa';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { stand } from '../../lib/commands/judge.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { Browser as Person } from '../../lib/demo/browser.ts';
import { recentRefusals } from '../../lib/front/recent_refusals.ts';
import { httpsFetch } from '../../lib/http/https_fetch.ts';
import { Resources } from '../../lib/resources.ts';
import { frontPages } from '../../lib/server/front.ts';
import { configurationOf } from '../../lib/server/provider.ts';
import { startServer } from '../../lib/server/server.ts';
import { placed } from '../flows/server.ts';
import { barriers, browserFor, press as pressIn } from '../support/chromium.ts';

const sizes: Record<string, BrowserContextOptions> = {
  'on a desktop': { viewport: { width: 1280, height: 900 } },
  'on a phone, dark': { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, colorScheme: 'dark' },
};

async function started(resources: Resources, ...set: string[]): Promise<string> {
  const config = await loadConfig('config/development.yaml', { set: [...(await placed(resources)), ...set] });
  resources.add(await startServer(config), ({ close }) => close());
  return config.issuer;
}

async function produced(...set: string[]): Promise<{ ask: (path: string) => Promise<Response>; close(): void }> {
  const config = { ...(await loadConfig('config/development.yaml', { set })), development: false };
  const app = new Koa();
  for (const middleware of frontPages(
    config,
    { cookies: { sign: () => '' }, jwks: { keys: [] } } as never,
    recentRefusals(),
  )) {
    app.use(middleware);
  }
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ask: (path) => globalThis.fetch(`http://127.0.0.1:${port}${path}`, { headers: { accept: 'text/html' } }),
    close: () => void server.close(),
  };
}

describe('The front page in production', () => {
  it('has the name of the service and the documents of a client, and nothing of what runs here', async () => {
    const { ask, close } = await produced('pages.name=Example <b>Bank</b>');
    const answer = await ask('/');
    const text = await answer.text();
    close();
    expect(answer.status).to.equal(200);
    expect(text).to.include('<h1>Example &lt;b&gt;Bank&lt;/b&gt;</h1>');
    expect(text).to.match(/openid-configuration"[\s\S]*\/jwks"[\s\S]*\/refusals"/);
    expect(text).to.not.match(/pglite|private_key_jwt|password|Try a flow/);
    expect(text.match(/href/g)?.length).to.equal(3);
  });

  it('is nothing with front_page: false', async () => {
    const { ask, close } = await produced('front_page=false');
    const answers = await Promise.all([ask('/'), ask('/try/callback')]);
    close();
    expect(answers.map(({ status }) => status)).to.deep.equal([404, 404]);
  });
});

describe('The refusals that are kept', () => {
  it('are the latest twenty, the same in a row as one, without the id of an interaction', () => {
    const provider = new EventEmitter();
    const recent = recentRefusals();
    recent.watch(provider as never);
    const refuse = (path: string) =>
      provider.emit('refused', Object.assign(new Error(), { error: 'invalid_request' }), { method: 'GET', path });
    for (let path = 0; path < 30; path += 1) refuse(`/${path}`);
    refuse('/interaction/secret-id');
    refuse('/interaction/secret-id');
    expect(recent.list).to.have.length(20);
    expect(recent.list[0]).to.include({ path: '/interaction/…', times: 2 });
    expect(recent.list[19]).to.include({ path: '/11', times: 1 });
  });
});

describe('The front page of a development server', () => {
  const resources = new Resources();
  let issuer: string;
  let signed: string;
  let fetch: ReturnType<typeof httpsFetch>;
  before(async () => {
    issuer = await started(resources);
    signed = await started(resources, 'profile=fapi2-message-signing', 'dpop.nonce=required', 'resource=false');
    fetch = httpsFetch({ unverified: [issuer, signed] });
  });
  after(() => resources.close());

  const page = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${issuer}${path}`, { headers: { accept: 'text/html', ...headers } });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  it('tells what runs here, who may log in, which clients there are, and how to connect another one', async () => {
    const { status, headers, text } = await page('/');
    expect(status).to.equal(200);
    expect(headers.get('content-security-policy')).to.match(/^default-src 'none'; style-src 'sha256-/);
    for (const told of [
      'fapi2-security-profile',
      `${issuer}/.well-known/openid-configuration`,
      `${issuer}/jwks`,
      'demo, password demo',
      'private_key_jwt-dpop',
      'tls_client_auth-mtls',
      'clients quickstart private_key_jwt-dpop --for openid-client -c config/development.yaml',
      'clients quickstart tls_client_auth-mtls --for authjs -c config/development.yaml',
      'postgres://127.0.0.1:',
      '/resource',
      'npm run demo -- --web',
    ]) {
      expect(text.replace(/<\/?span[^>]*>/g, ''), told).to.include(told);
    }
  });

  it('is German where the browser asks for it', async () => {
    const { headers, text } = await page('/', { 'accept-language': 'de-AT' });
    expect(headers.get('content-language')).to.equal('de');
    expect(text).to.include('Was hier läuft').and.not.include('What runs here');
  });

  it('tells what was refused lately in the words of the table, and no secret of it', async () => {
    const body = new URLSearchParams({ client_id: 'private_key_jwt-dpop', client_assertion: 'secret-assertion' });
    const refused = await fetch(`${issuer}/request`, { method: 'POST', body });
    expect(refused.status).to.be.within(400, 401);
    for (let more = 0; more < 3; more += 1) await fetch(`${issuer}/auth?client_id=other-<b>`);
    const { text } = await page('/');
    expect(text.match(/<li><time /g)).to.have.length(2);
    expect(text)
      .to.include(`${issuer}/refusals#client_unknown`)
      .and.to.include('GET /auth × 3')
      .and.not.include('secret-assertion')
      .and.not.include('<b>');
  });

  it('unknown paths answer people with a page in their language, programs with JSON', async () => {
    const person = await page('/nothing/here', { 'accept-language': 'de' });
    expect([person.status, person.headers.get('content-language')]).to.deep.equal([404, 'de']);
    expect(person.text).to.include('Diese Seite gibt es nicht');
    const program = await page('/nothing/here', { accept: 'application/json' });
    expect([program.status, JSON.parse(program.text).error]).to.deep.equal([404, 'not_found']);
  });

  it('has no client to try it with where the algorithms do not permit it, and starts', async () => {
    for (const set of ['algorithms=["ES256"]', 'front_page=false']) {
      const config = await loadConfig('config/development.yaml', { set: [set] });
      const { clients } = configurationOf(config, await stand(config, true));
      expect(clients?.map(({ client_id }) => client_id)).to.not.include('front-page');
    }
  });

  it('begins no flow that another site asks for', async () => {
    const asked = await fetch(`${issuer}/try`, { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } });
    expect([asked.status, asked.headers.get('set-cookie')]).to.deep.equal([403, null]);
    expect((await page('/')).text).to.include('the form was sent by another site');
  });

  it('a flow is tried under Message Signing, with nonces, and by a browser without scripts', async () => {
    const person = new Person(fetch);
    const login = await person.submit({ url: new URL(`${signed}/try`), html: '' }, {});
    const consent = await person.submit(login, { login: 'demo', password: 'demo', action: 'continue' });
    const end = await person.submit(consent, { action: 'continue' });
    expect(end.html)
      .to.include('Demo Person')
      .and.include('userinfo: 200')
      .and.not.match(/eyJ[\w-]{20}/);
  });

  describe('in a browser', () => {
    let browser: Browser;
    let context: BrowserContext;
    let tab: Page;
    let seen: string[];
    before(async function () {
      browser = await browserFor(this);
    });
    afterEach(() => context?.close());

    async function open(url: string, options: BrowserContextOptions = {}): Promise<void> {
      context = await browser.newContext({ ...options, ignoreHTTPSErrors: true });
      tab = await context.newPage();
      seen = [];
      tab.on('response', async (response) => seen.push(await response.text().catch(() => '')));
      tab.on('console', (message) => message.type() === 'error' && seen.push(`complaint: ${message.text()}`));
      await tab.goto(url);
    }

    const press = (control: string) => pressIn(tab, control);

    async function logIn(): Promise<void> {
      await tab.waitForSelector('#login');
      await tab.keyboard.type('demo');
      await tab.keyboard.press('Tab');
      await tab.keyboard.type('demo');
      await press('#continue');
      await tab.waitForSelector('[name=ask_again]');
    }

    for (const [size, options] of Object.entries(sizes)) {
      it(`${size}: a flow is tried to its end by keyboard alone, and no token reaches the browser`, async () => {
        await open(issuer, options);
        expect(await barriers(tab)).to.deep.equal([]);
        const { SCREENSHOTS } = process.env;
        if (SCREENSHOTS) await tab.screenshot({ path: `${SCREENSHOTS}/front ${size}.png`, fullPage: true });
        await press('#try_flow');
        await logIn();
        await press('#continue');
        await tab.waitForSelector('#again');
        expect(await tab.textContent('h1')).to.equal('It worked');
        expect(await tab.textContent('main'))
          .to.include('Demo Person')
          .and.match(/DPoP|dpop/)
          .and.include('/resource: 200')
          .and.include('code, state, iss');
        expect(await barriers(tab)).to.deep.equal([]);
        if (SCREENSHOTS) await tab.screenshot({ path: `${SCREENSHOTS}/tried ${size}.png`, fullPage: true });
        expect(seen.filter((text) => /^complaint|eyJ[\w-]{20}/.test(text))).to.deep.equal([]);
        expect(await context.cookies(issuer)).to.satisfy((all: { name: string }[]) =>
          all.every(({ name }) => name !== '__Host-try'),
        );
      });
    }

    it('says so when the person says no, and when the answer is of another browser, or comes again', async () => {
      await open(issuer);
      await press('#try_flow');
      await logIn();
      await press('#abort');
      await tab.waitForSelector('#again');
      expect(await tab.textContent('h1')).to.equal('You said no');
      await tab.reload();
      expect(await tab.textContent('h1')).to.equal('No flow of this browser');
      await tab.goto(`${issuer}/try/callback?code=x&state=y`);
      expect(await tab.textContent('h1')).to.equal('No flow of this browser');
      expect(await barriers(tab)).to.deep.equal([]);
      await tab.goto(`${issuer}/nothing`);
      expect(await barriers(tab)).to.deep.equal([]);
      await tab.goto(`${issuer}/refusals`);
      expect(await barriers(tab)).to.deep.equal([]);
    });
  });
});
