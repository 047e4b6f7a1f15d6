import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect } from 'chai';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

import { barriers, browserFor, Pages } from '../support/chromium.ts';
import { person, type TestProvider, testProvider } from './provider.ts';

const phone = { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true } as const;
const ways: Record<string, BrowserContextOptions> = {
  'without script': { javaScriptEnabled: false },
  'with script': { javaScriptEnabled: true },
  'on a phone, without script': { ...phone, javaScriptEnabled: false },
};
const looks: Record<string, BrowserContextOptions> = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  'on a phone': phone,
};

describe('the pages in Chromium', () => {
  let as: TestProvider;
  let pages: Pages;
  let page: Page;

  before(async function () {
    pages = new Pages(await browserFor(this));
    as = await testProvider({
      client: { client_uri: 'https://planner.example', policy_uri: 'https://planner.example/privacy' },
    });
  });
  after(async () => {
    await pages?.close();
    await as?.close();
  });

  async function begin(options: BrowserContextOptions): Promise<void> {
    page = await pages.fresh(options);
    await page.goto(
      await as.authorizationUrl({ scope: 'openid profile email', claims: '{"userinfo":{"birthdate":null}}' }),
    );
  }

  async function logIn(password = person.password): Promise<void> {
    await page.fill('#login', person.login);
    await page.fill('#password', password);
    await page.click('#continue');
  }

  const heading = () => page.textContent('h1');
  const answer = () => new URL(page.url()).searchParams;

  for (const [way, options] of Object.entries(ways)) {
    describe(way, () => {
      it('log in after a wrong password, allow, and arrive at the client on another origin', async () => {
        await begin(options);
        expect(await heading()).to.equal('Sign in');
        await logIn('wrong');
        expect(await page.textContent('[role=alert]')).to.equal('Login or password is wrong.');
        expect(await page.inputValue('#login')).to.equal(person.login);
        expect(await page.inputValue('#password')).to.equal('');
        await logIn();
        expect(await heading()).to.equal('Allow access?');
        expect(await page.textContent('main'))
          .to.contain('Budget Planner')
          .and.contain('See your email address');
        await page.click('#continue');

        expect(page.url()).to.match(new RegExp(`^${as.redirectUri}\\?`));
        expect(await heading()).to.equal('Back at the client');
        expect(answer().get('code')).to.be.a('string');
      });

      it('abort without filling anything in', async () => {
        await begin(options);
        await page.click('#abort');

        expect(answer().get('error')).to.equal('access_denied');
      });

      it('deny', async () => {
        await begin(options);
        await logIn();
        await page.click('#abort');

        expect(answer().get('error')).to.equal('access_denied');
      });

      it('come back to an interaction that is over', async () => {
        await begin(options);
        const url = page.url();
        await page.click('#abort');
        const response = await page.goto(url);

        expect(response?.status()).to.equal(400);
        expect(await heading()).to.equal('This sign-in is no longer open');
      });

      it('open the interaction of another browser', async () => {
        await begin(options);
        const url = page.url();
        page = await pages.fresh(options);
        const response = await page.goto(url);

        expect(response?.status()).to.equal(400);
        expect(await page.textContent('main')).to.contain('start again');
      });
    });
  }

  it('with the keyboard alone: login, password, buttons, in that order, and Enter continues', async () => {
    await begin({});
    const focused = () => page.evaluate<string>('document.activeElement.id || document.activeElement.textContent');
    const order = [];
    for (let n = 0; n < 7; n++) {
      order.push(await focused());
      const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineWidth');
      expect(Number.parseFloat(outline), `focus on ${order.at(-1)} is seen`).to.be.at.least(2);
      await page.keyboard.press('Tab');
    }
    expect(order).to.deep.equal([
      'login',
      'password',
      'remember',
      'continue',
      'abort',
      'About the application',
      'Privacy policy',
    ]);

    await page.focus('#login');
    await page.keyboard.type(person.login);
    await page.keyboard.press('Tab');
    await page.keyboard.type(person.password);
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    expect(await heading()).to.equal('Allow access?');
    const asked = [];
    for (let n = 0; n < 3; n++) {
      await page.keyboard.press('Tab');
      asked.push(await focused());
    }
    expect(asked).to.deep.equal(['ask_again', 'continue', 'abort']);
  });

  for (const [look, options] of Object.entries(looks)) {
    it(`have no barriers, ${look}`, async () => {
      await begin(options);
      expect(await barriers(page)).to.deep.equal([]);
      await logIn('wrong');
      expect(await page.getAttribute('#password', 'aria-describedby')).to.equal('alert');
      expect(await barriers(page)).to.deep.equal([]);
      await logIn();
      expect(await barriers(page)).to.deep.equal([]);
      const url = page.url();
      await page.click('#abort');
      await page.goto(url);
      expect(await barriers(page)).to.deep.equal([]);
      await page.goto(`${as.provider.urlFor('authorization')}?client_id=unknown`);
      expect(await barriers(page)).to.deep.equal([]);
    });
  }

  it('still fit a phone with letters of twice the size', async () => {
    await begin(phone);
    await page.evaluate("document.documentElement.style.setProperty('font-size', '200%')");

    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).to.be.at.most(0);
  });

  it('load nothing but themselves, and break no policy of their own', async () => {
    await begin({});
    const [requests, complaints]: [string[], string[]] = [[], []];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.reload();
    await logIn('wrong');
    await logIn();
    const url = page.url();

    expect(new Set(requests)).to.deep.equal(new Set([url]));
    // Chromium reports an answer of 422 as a failed resource; a broken policy it reports as that.
    expect(complaints.filter((text) => !text.includes('status of 422'))).to.deep.equal([]);
    expect(await page.evaluate("getComputedStyle(document.querySelector('main')).borderTopStyle")).to.equal('solid');
  });
});

describe('a page of another origin in the same browser', () => {
  let browser: Browser;
  let as: TestProvider;
  let evil: Server;

  before(async function () {
    browser = await browserFor(this);
    as = await testProvider();
    evil = createServer((req, res) => {
      const { searchParams } = new URL(req.url ?? '/', 'http://evil');
      const fields = ['action', 'login', 'password', 'token'].map(
        (name) => `<input name="${name}" value="${searchParams.get(name) ?? ''}">`,
      );
      res.setHeader('content-type', 'text/html');
      res.end(
        `<form method="post" action="${searchParams.get('target')}">${fields.join('')}<button>Win</button></form>
         <iframe src="${searchParams.get('target')}"></iframe>`,
      );
    });
    await new Promise<void>((resolve) => evil.listen(0, resolve));
  });
  after(async () => {
    await as?.close();
    evil?.closeAllConnections();
    evil?.close();
  });

  // Another port is another origin of the same site, with the cookies; another host is another site, without them.
  for (const [host, status] of [
    ['127.0.0.1', 403],
    ['localhost', 400],
  ] as const) {
    for (const known of [false, true]) {
      it(`at ${host} posts nothing${known ? ', though it knows the token' : ''}, and frames nothing`, async () => {
        const context = await browser.newContext();
        const page = await context.newPage();
        await page.goto(await as.authorizationUrl());
        const target = page.url();
        const token = known ? await page.inputValue('[name=token]') : '';
        const attack = await context.newPage();
        const query = new URLSearchParams({ target, token, action: 'continue', ...person });
        await attack.goto(`http://${host}:${(evil.address() as AddressInfo).port}/?${query}`);
        expect(await attack.frames()[1]?.evaluate("document.querySelector('form')")).to.equal(null);
        const [response] = await Promise.all([attack.waitForNavigation(), attack.click('button')]);
        expect(response?.status()).to.equal(status);

        await page.reload();
        expect(await page.textContent('h1')).to.equal('Sign in');
        await context.close();
      });
    }
  }
});
