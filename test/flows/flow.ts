import { expect } from 'chai';
import type { JWK } from 'jose';

import { type Arrival, Browser, ticked } from '../../lib/demo/browser.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import { payload } from '../support/jwt.ts';
import { RawClient } from '../support/raw_client.ts';
import { type Answer, assertionType, type Otherwise, type Params, person } from '../support/wire_client.ts';
import { type FlowServerOptions, flowServer, type OwnServer, trustingFetch } from './server.ts';

export const profiles = ['fapi2-security-profile', 'fapi2-message-signing'] as const;
export const fetch = trustingFetch();

/** Percent-encoded as it stands, for bytes that are no text. */
export type Value = string | { readonly encoded: string };
type Fields = Readonly<Record<string, Value>> | readonly (readonly [string, Value])[];

export const encode = (value: Value): string => (typeof value === 'string' ? encodeURIComponent(value) : value.encoded);

type Boxes = readonly (readonly [string, string])[];

/** What the person and the client do after the push. */
interface Decision {
  readonly params?: Params;
  readonly ticks?: (boxes: Boxes) => Boxes;
  /** Said at the token endpoint as well. */
  readonly token?: Params;
}

interface FlowOptions extends Omit<FlowServerOptions, 'clients' | 'port'> {
  /** What the client's metadata say besides the usual. */
  readonly client?: object | ((keys: readonly JWK[]) => object);
  /** Further clients, made of the first one's metadata. */
  readonly others?: ((client: object) => readonly object[]) | undefined;
}

/** A server of the product in this process, and a client that sends it what it likes. */
export class Flow {
  readonly signed: boolean;
  server!: OwnServer;
  client!: RawClient;
  readonly #options: FlowOptions;

  private constructor(options: FlowOptions) {
    this.#options = options;
    this.signed = options.profile === 'fapi2-message-signing';
  }

  static async start(options: FlowOptions = {}): Promise<Flow> {
    const flow = new Flow(options);
    await flow.#start();
    return flow;
  }

  /** One for the tests of the suite this is called in. */
  static during(options: FlowOptions): Flow {
    const flow = new Flow(options);
    before(() => flow.#start());
    after(() => flow.server?.close());
    return flow;
  }

  async #start(): Promise<void> {
    const { client: own = {}, others = () => [], ...options } = this.#options;
    const port = await freePort();
    this.client = await RawClient.create(`https://localhost:${port}`, typeof own === 'function' ? {} : own);
    const { metadata, keys } = this.client;
    if (typeof own === 'function') Object.assign(metadata, own(keys));
    const clients = [metadata, ...this.client.others, ...others(metadata)].map((one) => ({ metadata: one }));
    this.server = await flowServer({ ...options, port, clients });
  }

  /** What the client says, authenticated as ever. */
  async fields(path: string, fields: Fields, headers: object = {}): Promise<Answer> {
    const all = [
      ...(Array.isArray(fields) ? (fields as [string, Value][]) : Object.entries(fields)),
      ['client_assertion', await this.client.assertion()],
      ['client_assertion_type', assertionType],
    ] as const;
    return this.form(path, all.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&'), headers);
  }

  /** A form as it stands. */
  form(path: string, body: string, headers: object = {}): Promise<Answer> {
    const type = { 'content-type': 'application/x-www-form-urlencoded', ...headers };
    return this.client.request(path, { method: 'POST', body, headers: type });
  }

  /** A right request, as the profile wants it. */
  async push(params: Params, otherwise: Otherwise = {}): Promise<Answer> {
    if (!this.signed) return this.client.push(params, otherwise);
    const request = await this.client.requestObject({ ...params, response_mode: 'jwt' });
    return this.client.push({ client_id: 'client', request }, otherwise);
  }

  /** The authorization response, out of its JWT where it comes in one. */
  answer({ searchParams }: URL): Readonly<Record<string, unknown>> {
    return this.signed ? payload(searchParams.get('response')) : Object.fromEntries(searchParams);
  }

  /** A push of these authorization details, and what else is said. */
  details(details: unknown, more: Params = {}): Promise<Answer> {
    const authorization_details = typeof details === 'string' ? details : JSON.stringify(details);
    return this.client.push({ ...this.client.params, authorization_details, ...more });
  }

  /** The consent page of such a push, in a browser of its own. */
  async consent(details: unknown, more: Params = {}): Promise<{ browser: Browser; page: Arrival }> {
    const { status, body } = await this.details(details, more);
    if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
    const browser = new Browser(fetch);
    const login = await browser.open(this.client.authorizationUrl(body.request_uri));
    return { browser, page: await browser.submit(login, { action: 'continue', ...person }) };
  }

  /** Tokens for what the person leaves ticked; all of it by default. */
  async tokens(details: unknown, { params, ticks = (boxes) => boxes, token }: Decision = {}): Promise<Answer> {
    const { browser, page } = await this.consent(details, params);
    const { url, html } = await browser.submit(page, { action: 'continue' }, ticks(ticked(page)));
    const code = url.searchParams.get('code');
    if (!code) throw new Error(`no code: ${url.search} ${html}`);
    return this.client.exchange(code, undefined, token);
  }
}

/** Refused in JSON, by a code of the protocol, in words that name what is wrong. */
export function expectRefusal({ status, headers, body }: Answer, expected: number, description: RegExp): void {
  expect(status, JSON.stringify(body)).to.equal(expected);
  expect(headers.get('content-type')).to.match(/^application\/json/);
  expect(body.error)
    .to.match(/^[a-z_]+$/)
    .and.not.equal('server_error');
  expect(`${body.error} ${body.error_description}`).to.match(description);
}
