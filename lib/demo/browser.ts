import type { HttpsFetch } from '../http/https_fetch.ts';
import { Cookies } from './cookies.ts';

/** The place a browser has come to: a page of the provider, or an address elsewhere that it was sent to. */
export interface Arrival {
  readonly url: URL;
  /** Absent where the browser was sent away: nothing has been fetched from there. */
  readonly response?: Response;
  readonly html: string;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const text = (html: string) => html.replace(/&(#39|[a-z]+);/g, (whole, name: string) => entities[name] ?? whole);

/** The heading of a page, as a person reads it. */
export const heading = ({ html }: Arrival): string => text(/<h1[^>]*>([^<]*)/.exec(html)?.[1] ?? '');

/** The fields a form sends by itself. */
function hidden({ html }: Arrival): Record<string, string> {
  const inputs = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  return Object.fromEntries(inputs.map(([, name = '', value = '']) => [text(name), text(value)]));
}

/** The boxes that are ticked as the page arrives. */
export function ticked({ html }: Arrival): [string, string][] {
  const boxes = [...html.matchAll(/<input type="checkbox" name="([^"]*)" value="([^"]*)" checked>/g)];
  return boxes.map(([, name = '', value = '']) => [text(name), text(value)]);
}

/** A browser without a screen: it keeps cookies, follows redirects and posts the forms it is shown. */
export class Browser {
  readonly #fetch: HttpsFetch;
  readonly #cookies = new Cookies();

  constructor(fetch: HttpsFetch) {
    this.#fetch = fetch;
  }

  async open(url: URL | string): Promise<Arrival> {
    return this.#arrive(new URL(url), await this.#send(new URL(url)));
  }

  /** Posts the page's form with what a person has filled in, and the boxes that stay ticked. */
  async submit(
    place: Arrival,
    fields: Readonly<Record<string, string>>,
    boxes: readonly (readonly [name: string, value: string])[] = ticked(place),
  ): Promise<Arrival> {
    const body = new URLSearchParams({ ...hidden(place), ...fields });
    for (const [name, value] of boxes) body.append(name, value);
    return this.#arrive(place.url, await this.#send(place.url, { method: 'POST', body }));
  }

  async #send(url: URL, init: { method?: string; body?: URLSearchParams } = {}): Promise<Response> {
    const headers = { accept: 'text/html', cookie: this.#cookies.for(url.pathname) };
    const response = await this.#fetch(url, { ...init, headers });
    for (const line of response.headers.getSetCookie()) this.#cookies.keep(line);
    return response;
  }

  async #arrive(from: URL, response: Response): Promise<Arrival> {
    const location = response.headers.get('location');
    if (!location) return { url: from, response, html: await response.text() };
    const url = new URL(location, from);
    return url.origin === from.origin ? this.#arrive(url, await this.#send(url)) : { url, html: '' };
  }
}

export interface Person {
  readonly login: string;
  readonly password: string;
}

/** Logs in and consents as often as asked, and answers where the provider sends the browser in the end. */
export async function authorize(browser: Browser, url: URL, { login, password }: Person): Promise<Arrival> {
  let place = await browser.open(url);
  for (let pages = 0; place.response?.ok && pages < 5; pages += 1) {
    const credentials = place.html.includes('name="password"') ? { login, password } : {};
    place = await browser.submit(place, { ...credentials, action: 'continue' });
  }
  return place;
}
