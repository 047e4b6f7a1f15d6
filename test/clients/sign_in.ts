import { type Arrival, authorize, Browser } from '../../lib/demo/browser.ts';
import { httpsFetch } from '../../lib/http/https_fetch.ts';

export const person = { login: 'demo', password: 'demo' };

/** Applications speak plain HTTP on the loopback address. */
const plainOr =
  (https: ReturnType<typeof httpsFetch>): ReturnType<typeof httpsFetch> =>
  (input, options) =>
    `${input}`.startsWith('http:')
      ? fetch(input, { ...(options as RequestInit), redirect: 'manual' })
      : https(input, options);

/** Sent away at once, or by the button of a page the application has for that, as Auth.js has. */
async function leave(browser: Browser, application: string): Promise<Arrival> {
  const place = await browser.open(application);
  const [, action] = /<form action="([^"]+)" method="POST"/.exec(place.html) ?? [];
  return action ? browser.submit({ ...place, url: new URL(action, place.url) }, {}) : place;
}

/** A person opens an application, is sent to the provider, and comes back. @returns the page the application shows then */
export async function signIn(application: string, { issuer }: { readonly issuer: string }): Promise<string> {
  const browser = new Browser(plainOr(httpsFetch({ unverified: [issuer] })));
  const away = await leave(browser, application);
  const back = await authorize(browser, away.url, person);
  const { html, response } = await browser.open(back.url);
  return `${html}\n${response?.status} after ${away.url} and ${back.url}\n`;
}
