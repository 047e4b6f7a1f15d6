import { hash } from 'node:crypto';

import { Browser } from './browser.ts';
import { type Client, issuer, request } from './client.ts';
import type { Reply } from './connection.ts';
import { authorizationRequest, type Endpoints } from './endpoints.ts';

/** A client and its person's browser: what they send in a flow, written out, and the flow itself by one connection. */
export class Sender {
  readonly client: Client;
  readonly endpoints: Endpoints;
  readonly exchange: (sent: string) => Promise<Reply>;
  browser: Browser;

  constructor(client: Client, endpoints: Endpoints, exchange: (sent: string) => Promise<Reply>) {
    this.client = client;
    this.endpoints = endpoints;
    this.exchange = exchange;
    this.browser = new Browser(exchange);
  }

  pushRequest(scope?: string): string {
    return request('POST', this.endpoints.push, {}, this.client.pushBody(scope));
  }

  /** With a proof of its own each time. */
  tokenRequest(code: string): string {
    return this.#tokenRequest(`${this.client.tokenBody()}&code=${code}`);
  }

  refreshRequest(refresh_token: string): string {
    return this.#tokenRequest(`${this.client.refreshBody()}&refresh_token=${refresh_token}`);
  }

  userinfoRequest(token: string): string {
    const { userinfo } = this.endpoints;
    const dpop = this.client.proof(issuer + userinfo, { htm: 'GET', ath: hash('sha256', token, 'base64url') });
    return request('GET', userinfo, { authorization: `DPoP ${token}`, dpop });
  }

  /** Where the browser is to go with a request. */
  authorization(request_uri: string): string {
    return authorizationRequest(this.endpoints, request_uri);
  }

  /** @returns the request_uri */
  async pushed(sent = this.pushRequest()): Promise<string> {
    const { status, body } = await this.exchange(sent);
    if (status !== 201) throw new Error(`push: status ${status}: ${body}`);
    return JSON.parse(body).request_uri;
  }

  /** Where the browser was sent in the end, and the code that came with it. */
  async code(scope?: string): Promise<string> {
    const back = await this.browser.authorize(this.authorization(await this.pushed(this.pushRequest(scope))));
    const code = back.searchParams.get('code');
    if (!code) throw new Error(`no code: ${back.search}`);
    return code;
  }

  async tokens(): Promise<{ access_token: string; refresh_token: string }> {
    const { status, body } = await this.exchange(this.tokenRequest(await this.code('openid offline_access')));
    if (status !== 200) throw new Error(`token: status ${status}: ${body}`);
    return JSON.parse(body);
  }

  #tokenRequest(body: string): string {
    const { token } = this.endpoints;
    return request('POST', token, { dpop: this.client.proof(issuer + token) }, body);
  }
}
