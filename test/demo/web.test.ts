import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

import { startWeb, type Web } from '../../lib/demo/web/start.ts';
import { Resources } from '../../lib/resources.ts';
import { barriers, browserFor, Pages, press as pressIn } from '../support/chromium.ts';
import { databaseOf } from '../support/postgres.ts';

const sizes: Record<string, BrowserContextOptions> = {
  'on a desktop': { viewport: { width: 1280, height: 900 } },
  'on a phone, dark': { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, colorScheme: 'dark' },
};

describe('npm run demo -- --web', () => {
  const resources = new Resources();
  let folder: string;
  let browser: Browser;
  let web: Web;
  let pages: Pages;
  let context: BrowserContext;
  let page: Page;
  let seen: string[];

  before(async function () {
    browser = await browserFor(this);
    pages = new Pages(browser);
    folder = await mkdtemp(join(tmpdir(), 'web-'));
    // Shorter than the app's margin: each call takes a new token first.
    const set = ['resources.0.lifetime=5', `database.url="${await databaseOf(resources)}"`];
    web = await startWeb({ port: 0, folder, verbose: true, set }, resources);
  });
  after(async () => {
    await pages?.close();
    await resources.close();
    if (folder) await rm(folder, { recursive: true });
  });

  async function begin(options: BrowserContextOptions = {}): Promise<void> {
    page = await pages.fresh({ ...options, ignoreHTTPSErrors: true });
    context = page.context();
    const received: string[] = [];
    seen = received;
    page.on('response', async (response) => {
      if (response.url().startsWith(web.url)) received.push(await response.text().catch(() => ''));
    });
    page.on('console', (message) => {
      if (message.type() === 'error' && /policy/i.test(message.text())) seen.push(`complaint: ${message.text()}`);
    });
    await page.goto(web.url);
  }

  const press = (control: string, key?: string) => pressIn(page, control, key);

  const news = async (): Promise<string> => {
    await page.waitForSelector('#news .news');
    return `${await page.textContent('#news')}`;
  };

  /** The README's pictures are made so. */
  async function picture(name: string): Promise<void> {
    const { SCREENSHOTS } = process.env;
    const options = { type: 'jpeg', quality: 75, fullPage: true } as const;
    if (SCREENSHOTS) await page.screenshot({ ...options, path: join(SCREENSHOTS, `${name}.jpg`) });
  }

  async function signIn(): Promise<void> {
    await page.click('#sign_in');
    await page.fill('#login', 'demo');
    await page.fill('#password', 'demo');
    await page.click('#continue');
    await page.click('#continue');
    expect(await news()).to.include('signed in');
  }

  for (const [size, options] of Object.entries(sizes)) {
    it(`${size}: signs in, sees accounts and pays, by keyboard alone, without barriers`, async () => {
      await begin(options);
      expect(await barriers(page)).to.deep.equal([]);
      await press('#sign_in');
      await page.waitForSelector('#login');
      await page.keyboard.type('demo');
      await page.keyboard.press('Tab');
      await page.keyboard.type('demo');
      await press('#continue');
      await page.waitForSelector('[name=ask_again]');
      await press('#continue');
      expect(await news()).to.include('signed in');
      expect(await page.textContent('#who')).to.equal('Demo Person');

      await press('#ask_accounts');
      await page.waitForSelector('.boxes');
      await press('.boxes label:last-child input', 'Space');
      await press('#continue');
      expect(await news()).to.include('accounts you allowed');
      expect(await page.locator('#accounts li').allTextContents()).to.deep.equal([
        'Everyday: €1,204.50DE89370400440532013000',
      ]);

      await press('#amount', 'Control+a');
      await page.keyboard.type('17.50');
      await press('#pay');
      await page.waitForSelector('ul.asks');
      expect(await page.textContent('main')).to.match(/Pay .€17\.50. to .Bookshop Rivet/);
      await picture(`${size}, asked`);
      await press('#continue');
      expect(await news()).to.include('has paid');
      expect(await page.textContent('#receipts')).to.match(/^€17\.50 to Bookshop Rivet/);

      await picture(`${size}, paid`);
      for (const summary of await page.locator('summary').all()) await summary.press('Enter');
      expect(await barriers(page)).to.deep.equal([]);
    });
  }

  it('tells what crossed the browser and what did not, and every attempt is refused', async () => {
    await begin();
    await signIn();
    await press('#pay');
    await page.waitForSelector('ul.asks');
    await press('#continue');
    await news();
    const panel = (number: number) => page.locator('.panels > section').nth(number).textContent();
    expect(await panel(0))
      .to.match(/request_uri.*client_id/)
      .and.not.include('authorization_details');
    expect(await panel(1)).to.match(/authorization_details.*42\.00.*code_verifier.*42\.00/s);
    expect(await panel(2)).to.match(/authorization_details.*another amount/s);
    const buttons = await page.locator('.attempts button').all();
    expect(buttons).to.have.length(5);
    for (const [index, button] of buttons.entries()) {
      await button.click();
      const answer = page.locator('.attempts .answer strong').nth(index);
      expect(await answer.textContent(), `${await button.textContent()}`).to.equal('Refused. ');
    }
    const answers = await page.locator('.attempts .answer').allTextContents();
    expect(answers[0]).to.match(/invalid_request/);
    expect(answers[3]).to.match(/401, invalid_client/);
    expect(answers[4]).to.match(/401, invalid_dpop_proof/);
  });

  it('no token and no key reaches the browser: not in an answer, a cookie or a store', async () => {
    await begin();
    await signIn();
    await press('#ask_accounts');
    await page.waitForSelector('.boxes');
    await press('#continue');
    await news();
    // Tokens, codes, verifiers and references have 43 characters and more. Of the app's own texts none has.
    // But for the reference to the request, which the browser is there to carry.
    const texts = seen.map((text) => text.replace(/request_uri(:|%3A)[\w-]+/g, ''));
    const long = texts.flatMap((text) => text.match(/[\w-]{43,}(\.[\w-]+)*/g) ?? []).filter((word) => /\d/.test(word));
    expect(long.filter((word) => !/^urn|^bank/.test(word))).to.deep.equal([]);
    expect(seen.filter((text) => /^complaint|eyJ[\w-]{20}/.test(text))).to.deep.equal([]);
    expect(await page.evaluate('[document.cookie, localStorage.length, sessionStorage.length]')).to.deep.equal([
      '',
      0,
      0,
    ]);
    const cookies = (await context.cookies(web.url)).map(({ name, httpOnly, secure, sameSite, path }) => ({
      ...{ name, httpOnly, secure, sameSite, path },
    }));
    const own = { httpOnly: true, secure: true, path: '/' };
    expect(cookies).to.have.deep.members([
      { name: '__Host-visitor', sameSite: 'Lax', ...own },
      { name: '__Host-session', sameSite: 'Strict', ...own },
    ]);
  });

  it('signs out: the session is over, also for whoever kept the cookie', async () => {
    await begin();
    await signIn();
    const [kept] = (await context.cookies(web.url)).filter(({ name }) => name === '__Host-session');
    await press('#sign_out');
    await page.waitForSelector('#sign_in:not([disabled])');
    if (kept) await context.addCookies([kept]);
    await page.reload();
    await page.waitForLoadState('networkidle');
    expect(await page.textContent('#who')).to.equal('');
  });

  it('says so when the person says no, and when an answer belongs to no request of this browser', async () => {
    await begin();
    await press('#sign_in');
    await page.waitForSelector('#login');
    await press('#abort');
    expect(await news()).to.include('You said no');
    await page.goto(`${web.url}/callback?code=x&state=y&iss=${encodeURIComponent(web.issuer)}`);
    expect(await news()).to.include('no request of this browser');
  });

  it('an answer is taken only from the browser that asked', async () => {
    await begin();
    const { go } = (await page.evaluate(
      `fetch('/api/sign-in', { method: 'POST', headers: { 'x-planner': 'page' } }).then((one) => one.json())`,
    )) as { go: string };
    const victim = await browser.newContext({ ignoreHTTPSErrors: true });
    const other = await victim.newPage();
    await other.goto(go);
    await other.fill('#login', 'demo');
    await other.fill('#password', 'demo');
    await other.click('#continue');
    await other.click('#continue');
    await other.waitForSelector('#news .news');
    expect(await other.textContent('#news')).to.include('no request of this browser');
    expect(await other.textContent('#who')).to.equal('');
    await victim.close();
  });

  it('a payment that is none is refused beside its field', async () => {
    await begin();
    await signIn();
    await page.fill('#amount', '0');
    await page.fill('#iban', 'none');
    await press('#pay');
    await page.waitForSelector('#iban_problem:not([hidden])');
    expect(await page.textContent('#amount_problem')).to.equal('Write more than nothing.');
    expect(await page.getAttribute('#iban', 'aria-describedby')).to.equal('iban_problem');
    expect(await barriers(page)).to.deep.equal([]);
  });

  it('only the page itself may ask: no other site, no other host, no body too large', async () => {
    await begin();
    const request = (path: string, headers: Record<string, string>, data?: string) =>
      context.request.post(web.url + path, { headers, ...(data !== undefined && { data }), failOnStatusCode: false });
    const own = { 'x-planner': 'page' };
    expect((await request('/api/sign-in', {})).status()).to.equal(403);
    expect((await request('/api/sign-in', { ...own, origin: 'https://evil.example' })).status()).to.equal(403);
    expect((await request('/api/sign-in', { ...own, 'sec-fetch-site': 'cross-site' })).status()).to.equal(403);
    expect((await request('/api/sign-in', { ...own, host: 'evil.example' })).status()).to.equal(421);
    expect((await request('/api/accounts', own)).status()).to.equal(401);
    expect((await request('/api/attempts/payment/again', own)).status()).to.equal(401);
    await signIn();
    const large = JSON.stringify({ creditor: 'x'.repeat(10_000) });
    expect((await request('/api/payments', { ...own, 'content-type': 'application/json' }, large)).status()).to.equal(
      422,
    );
    expect((await request('/api/attempts/constructor/constructor', own)).status()).to.equal(404);
  });
});
