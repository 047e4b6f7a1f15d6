import { hash } from 'node:crypto';

import { authorize, Browser, type Place, ticked } from '../../lib/demo/browser.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import { type Answer, RawClient } from '../support/raw_client.ts';
import { type FlowServer, flowServer, person, trustingFetch } from './server.ts';

const fetch = trustingFetch();

type Boxes = readonly (readonly [string, string])[];

/** What the person and the client do after the push. */
export interface Decision {
  readonly params?: Readonly<Record<string, string>>;
  readonly ticks?: (boxes: Boxes) => Boxes;
  /** Said at the token endpoint as well. */
  readonly token?: Readonly<Record<string, string>>;
}

export interface RichOptions {
  /** The shipped file that is served. */
  readonly file: string;
  readonly profile?: 'fapi2-security-profile' | 'fapi2-message-signing';
  readonly set?: readonly string[];
  /** What the client's metadata say besides the usual. */
  readonly client?: object | ((keys: readonly object[]) => object);
  /** Further clients, made of the first one's metadata. */
  readonly others?: (client: object) => readonly object[];
}

/** A server of one of the shipped examples, and a client that asks it for rich things. */
export class RichFlow {
  readonly client: RawClient;
  readonly server: FlowServer;

  private constructor(client: RawClient, server: FlowServer) {
    this.client = client;
    this.server = server;
  }

  static async start(options: RichOptions): Promise<RichFlow> {
    const port = await freePort();
    const { file, profile = 'fapi2-security-profile', set = [], client: own = {}, others = () => [] } = options;
    const client = await RawClient.create(`https://localhost:${port}`, typeof own === 'function' ? {} : own);
    if (typeof own === 'function') Object.assign(client.metadata, own(client.keys));
    const all = [client.metadata, ...client.others, ...others(client.metadata)];
    const clients = all.map((metadata) => ({ metadata: metadata as Record<string, unknown> }));
    return new RichFlow(client, await flowServer({ file, profile, port, clients, set }));
  }

  /** A push of these details, and what else is said. */
  push(details: unknown, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const authorization_details = typeof details === 'string' ? details : JSON.stringify(details);
    return this.client.push({ ...this.client.params, authorization_details, ...more });
  }

  /** The consent page of a push, in a browser of its own. */
  async consent(
    details: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<{ browser: Browser; page: Place }> {
    const { status, body } = await this.push(details, more);
    if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
    const browser = new Browser(fetch);
    const login = await browser.open(this.client.authorizationUrl(body.request_uri));
    return { browser, page: await browser.submit(login, { action: 'continue', ...person }) };
  }

  /** Tokens for what the person leaves ticked; all of it by default. */
  async tokens(
    details: unknown,
    { params = {}, ticks = (boxes) => boxes, token = {} }: Decision = {},
  ): Promise<Answer> {
    const { browser, page } = await this.consent(details, params);
    const { url, html } = await browser.submit(page, { action: 'continue' }, ticks(ticked(page)));
    const code = url.searchParams.get('code');
    if (!code) throw new Error(`no code: ${url.search} ${html}`);
    return this.exchange(code, token);
  }

  /** A code for these scopes, by a person who allows them. */
  async scoped(scope: string): Promise<string> {
    const { status, body } = await this.client.push({ ...this.client.params, scope });
    if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
    return this.codeOf(body.request_uri);
  }

  async codeOf(request_uri: string, client_id = 'client'): Promise<string> {
    const url = this.client.authorizationUrl(request_uri);
    url.searchParams.set('client_id', client_id);
    const { url: answer, html } = await authorize(new Browser(fetch), url, person);
    const code = answer.searchParams.get('code');
    if (!code) throw new Error(`no code: ${answer.search} ${html}`);
    return code;
  }

  exchange(code: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const { redirectUri: redirect_uri, verifier: code_verifier } = this.client;
    return this.client.token({ grant_type: 'authorization_code', code, redirect_uri, code_verifier, ...more });
  }

  refresh(refresh_token: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.client.token({ grant_type: 'refresh_token', refresh_token, ...more });
  }

  introspect(token: string, client_id = 'resource'): Promise<Answer> {
    return this.client.post('/token/introspection', { token }, {}, client_id as never);
  }

  async get(path: string, token: string): Promise<Answer> {
    const dpop = await this.client.proof('GET', path, { ath: hash('sha256', token, 'base64url') });
    return this.client.request(path, { headers: { authorization: `DPoP ${token}`, dpop } });
  }
}
