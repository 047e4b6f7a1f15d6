import { readFileSync } from 'node:fs';

import { expect } from 'chai';
import type { AuthorizationDetail, Configuration } from 'oidc-provider';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { parse } from 'yaml';

import { chosenDetails, detailsInWords } from '../../lib/interactions/authorization_details.ts';
import { barriers, browserFor } from '../support/chromium.ts';
import { person, type TestProvider, testProvider } from './provider.ts';

const { types } = parse(readFileSync('config/account-access.yaml', 'utf8')).authorization_details;
const account = (name: string, iban: string) => ({ name, iban });
const detail = {
  type: 'account_information',
  actions: ['list_accounts', 'read_balances'],
  accounts: [account('Household', 'DE40100100103307118608'), account('Savings <b>', 'DE02100100109307118603')],
  validUntil: '2027-01-31',
};

describe('Authorization details on the consent page', () => {
  let browser: Browser;
  let page: Page;
  let as: TestProvider;
  let granted: readonly AuthorizationDetail[] | undefined;

  before(async function () {
    browser = await browserFor(this);
    const configuration = {
      features: {
        resourceIndicators: { enabled: true, getResourceServerInfo: () => ({ scope: 'accounts' }) },
        richAuthorizationRequests: {
          enabled: true,
          types: { account_information: { validate: () => {} } },
          authorizationDetailsForGrantSource(ctx: { oidc: { result?: object } }) {
            granted = (ctx.oidc.result as { consent: { authorization_details: AuthorizationDetail[] } }).consent
              .authorization_details;
            return granted;
          },
        },
      },
    } as unknown as Configuration;
    as = await testProvider({
      configuration,
      client: { authorization_details_types: ['account_information'] },
      details: types,
    });
  });
  after(async () => {
    await as?.close();
  });

  async function consent(options: BrowserContextOptions, ui_locales = 'en'): Promise<void> {
    const context = await browser.newContext(options);
    page = await context.newPage();
    const authorization_details = JSON.stringify([detail]);
    const resource = 'https://rs.example.com';
    await page.goto(await as.authorizationUrl({ resource, authorization_details, ui_locales }));
    await page.fill('#login', person.login);
    await page.fill('#password', person.password);
    await page.click('#continue');
  }

  for (const [look, options] of Object.entries({
    light: { colorScheme: 'light' },
    dark: { colorScheme: 'dark' },
    'on a phone': { viewport: { width: 320, height: 640 }, isMobile: true },
  } as const)) {
    it(`have no barriers, ${look}`, async () => {
      await consent(options);
      expect(await page.textContent('main'))
        .to.contain('Savings <b>')
        .and.contain('•••• 8603');
      expect(await barriers(page)).to.deep.equal([]);
      await page.context().close();
    });
  }

  it('are chosen with the keyboard alone, without script', async () => {
    await consent({ javaScriptEnabled: false });
    const boxes = page.locator('input[name=detail]');
    expect(await boxes.count()).to.equal(2);
    await boxes.first().focus();
    await page.keyboard.press('Space');
    await page.locator('#continue').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.has('code'));
    expect(granted).to.deep.equal([{ ...detail, accounts: [detail.accounts[1]] }]);
    await page.context().close();
  });

  it('are in the language the request asks for', async () => {
    await consent({}, 'de-AT en');
    const text = (await page.textContent('main'))?.replace(/[\u2068\u2069]/g, '');
    expect(text).to.contain('Ihre Konten einsehen: Namen und Nummern, Kontostände').and.contain('31. Jänner 2027');
    await page.context().close();
  });
});

describe('Authorization details in words', () => {
  it('say what a type’s words leave out, under what is said', () => {
    const [view] = detailsInWords([{ ...detail, purpose: { code: 'x', of: ['a', 'b'] } }], types, 'en');
    expect(view?.fields.map(([label]) => label)).to.deep.equal(['Until']);
    expect(view?.more).to.deep.equal([
      ['Purpose › Code', 'x'],
      ['Purpose › Of', 'a, b'],
    ]);
  });

  it('say everything of a type without words, up to what a page can bear', () => {
    const members = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`m${index}`, 'x'.repeat(2000)]));
    const [view] = detailsInWords([{ type: 'unknown', ...members }], {}, 'en');
    expect(view?.more).to.have.length(200);
    expect(view?.untold).to.equal(4800);
    expect(view?.more[0]?.[1].length).to.be.below(510);
  });

  it('grant by their place in the request, whatever else a form says', () => {
    const form = (...values: string[]) =>
      new URLSearchParams(values.map((value): [string, string] => ['detail', value]));
    const two = [{ type: 'a' }, { type: 'b' }];
    expect(chosenDetails(two, form('1'), {})).to.deep.equal([two[1]]);
    expect(chosenDetails(two, form('2', '-1', 'a', '01', '1.0', '{"type":"a"}'), {})).to.deep.equal([]);
    expect(chosenDetails([two[0] as AuthorizationDetail], form(), {})).to.deep.equal([two[0]]);
    expect(chosenDetails([detail], form('0'), types)).to.deep.equal([]);
    expect(chosenDetails([detail], form('0.1', '0.1', '0.2'), types)).to.deep.equal([
      { ...detail, accounts: [detail.accounts[1]] },
    ]);
  });
});
