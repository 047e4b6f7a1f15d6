import { expect } from 'chai';
import type { Browser } from 'playwright-core';

import { languages, missingMessages, type OwnMessages } from '../../lib/interactions/language.ts';
import { de } from '../../lib/interactions/messages/de.ts';
import { en } from '../../lib/interactions/messages/en.ts';
import { barriers, browserFor } from '../support/chromium.ts';
import { Agent } from './agent.ts';
import { ar } from './arabic.ts';
import { person, type TestProvider, testProvider } from './provider.ts';

const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();
const accepting = (header: string) => ({
  acceptsLanguages: (tags: string[]) => (header ? tags.find((t) => header.startsWith(t)) : tags[0]),
});

describe('the languages of the pages', () => {
  it('de lacks no message, and none has other values in it than the English one', () => {
    for (const [key, text] of Object.entries(en)) {
      const own = de[key as keyof typeof en];
      if (typeof text === 'string') expect(placeholders(`${own}`), key).to.deep.equal(placeholders(text));
      else expect(Object.keys(own), key).to.have.members(Object.keys(text));
    }
  });

  it('of a deployment lack nothing, or it is told what', () => {
    const { sign_in: _, wrong: __, ...most } = ar;

    expect(missingMessages('ar', most)).to.deep.equal(['sign_in', 'wrong']);
    expect(missingMessages('ar', ar)).to.deep.equal([]);
    expect(missingMessages('de', { sign_in: 'Einloggen' }), 'other words for a language of ours').to.deep.equal([]);
  });

  const written = (locales?: unknown) =>
    typeof locales === 'string' ? JSON.stringify(locales.slice(0, 20)) : locales ? 'of no text' : 'absent';
  for (const [locales, header, expected] of [
    [undefined, '', 'en'],
    [undefined, 'de-AT', 'de'],
    ['de', '', 'de'],
    ['de-CH en', 'en', 'de-CH'],
    ['sv de', '', 'de'],
    ['sv', 'de', 'de'],
    ['sv', '', 'en'],
    ['<script> \u0000 DE', '', 'DE'],
    ['x'.repeat(100_000), '', 'en'],
    [{ toString: 1 }.toString, '', 'en'],
  ] as const) {
    it(`ui_locales ${written(locales)} and Accept-Language ${header || 'absent'} choose ${expected}`, () => {
      expect(languages()(accepting(header) as never, locales).tag).to.equal(expected);
    });
  }
});

describe('the pages in another language', () => {
  let as: TestProvider;
  const messages: OwnMessages = { ar, de: { sign_in: 'Einloggen' } };
  before(async () => {
    as = await testProvider({
      messages,
      client: { grant_types: ['authorization_code', 'refresh_token'], client_uri: 'https://planner.example' },
      words: { scopes: { email: { en: 'Read your mail address', de: 'Ihre Mailadresse lesen' } } },
    });
  });
  after(() => as.close());

  const texts = (html: string) =>
    html
      .replace(/<style>.*?<\/style>/s, '')
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ');

  it('are German throughout when the request or the browser asks for it, in the words of the deployment', async () => {
    for (const [params, accept] of [
      [{ ui_locales: 'de-CH' }, 'en'],
      [{}, 'de-DE,de;q=0.9,en;q=0.8'],
    ] as const) {
      const agent = new Agent();
      const url = await as.authorizationUrl({
        scope: 'openid profile email',
        claims: '{"userinfo":{"birthdate":null}}',
        ...params,
      });
      const { url: page } = await agent.open(url);
      const login = await (await agent.fetch(page, { headers: { 'accept-language': accept } })).text();
      expect(login).to.match(/<html lang="de(-CH)?" dir="ltr">/);
      expect(texts(login)).to.contain('Einloggen').and.contain('weiter zu Budget Planner').and.contain('Passwort');
      // None of the English sentences is left.
      for (const text of [en.password, en.continue, en.cancel, en.about_application]) {
        expect(texts(login)).to.not.contain(` ${text} `);
      }
    }
  });

  it('say what is asked for in German', async () => {
    const agent = new Agent();
    const scope = 'openid profile email';
    const claims = '{"userinfo":{"birthdate":null}}';
    const login = await agent.open(await as.authorizationUrl({ scope, claims, ui_locales: 'de' }));
    const wrong = await agent.post(login, { action: 'continue', login: person.login, password: 'x' });
    expect(wrong.alert).to.equal('Benutzername oder Passwort ist falsch.');
    const consent = await agent.post(wrong, { action: 'continue', ...person });

    expect(texts(consent.text))
      .to.contain('Budget Planner bittet um Folgendes aus Ihrem Konto jane@example.com')
      .and.contain('Ihre Mailadresse lesen')
      .and.contain('Geburtsdatum')
      .and.contain('bis Sie sich hier abmelden');
  });

  it('of an error are in the language of the browser', async () => {
    const page = await fetch(`${as.provider.urlFor('authorization')}?client_id=unknown`, {
      headers: { accept: 'text/html', 'accept-language': 'de' },
    });

    expect(page.headers.get('content-language')).to.equal('de');
    expect(await page.text()).to.contain('Die Anfrage war nicht zu verstehen');
  });

  describe('that is written from right to left', () => {
    let browser: Browser;
    before(async function () {
      browser = await browserFor(this);
    });

    it('have their words to the right, foreign names whole, and no barriers', async () => {
      const context = await browser.newContext({ viewport: { width: 320, height: 640 }, locale: 'ar' });
      const page = await context.newPage();
      await page.goto(await as.authorizationUrl({ scope: 'openid email' }));
      const edges = () =>
        page.evaluate<number[]>(`[...document.querySelectorAll('h1, label[for=login]')].map((element) => {
          const range = document.createRange();
          range.selectNodeContents(element);
          return Math.round(document.querySelector('main').getBoundingClientRect().right - range.getBoundingClientRect().right);
        })`);
      expect(await page.getAttribute('html', 'dir')).to.equal('rtl');
      expect(await page.textContent('h1')).to.equal(ar.sign_in);
      for (const edge of await edges()) expect(edge).to.be.within(0, 32);
      expect(await barriers(page)).to.deep.equal([]);
      await page.fill('#login', person.login);
      await page.fill('#password', person.password);
      await page.click('#continue');
      expect(await page.textContent('h1')).to.equal(ar.allow_access);
      expect(await page.evaluate("document.querySelector('h1 + p bdi').textContent")).to.equal('Budget Planner');
      expect(await barriers(page)).to.deep.equal([]);
      await page.click('#continue');
      expect(new URL(page.url()).searchParams.get('code')).to.be.a('string');
      await context.close();
    });
  });
});
