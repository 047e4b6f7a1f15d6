import { hash, type JsonWebKey } from 'node:crypto';

import { Browser, header } from '../bench/browser.ts';
import { Client, issuer, request } from '../bench/client.ts';
import { Connection, type Reply, type Target } from '../bench/connection.ts';
import { authorizationRequest, discover, type Endpoints } from '../bench/endpoints.ts';

/** A contender: what it sends, and whether the answer means it was the one. */
export interface Attempt {
  readonly request: string;
  won(reply: Reply): boolean;
}

/** One client with one person's browser, and connections to every process. */
export class Lane {
  readonly #client: Client;
  readonly #browser: Browser;
  readonly #endpoints: Endpoints;
  readonly #connections: readonly Connection[];

  private constructor(client: Client, endpoints: Endpoints, connections: readonly Connection[]) {
    this.#client = client;
    this.#endpoints = endpoints;
    this.#connections = connections;
    this.#browser = new Browser((sent) => this.#first.send(sent));
  }

  static async open(key: JsonWebKey, targets: readonly Target[], contenders: number): Promise<Lane> {
    const connections = Array.from({ length: contenders }, (_, index) =>
      Connection.open(targets[index % targets.length] as Target),
    );
    return new Lane(new Client(key), await discover(targets[0] as Target), await Promise.all(connections));
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  /** All at once, each on its own connection; the next process's first. Answers how many won. */
  async race(attempts: readonly Attempt[]): Promise<number> {
    const replies = attempts.map(async (attempt, index) => {
      const reply = await (this.#connections[index] as Connection).send(attempt.request);
      if (reply.status >= 500) throw new Error(`status ${reply.status}: ${reply.body}`);
      return attempt.won(reply);
    });
    return (await Promise.all(replies)).filter(Boolean).length;
  }

  /** The same assertion for everybody. */
  sameAssertion(): Attempt {
    const sent = request('POST', this.#endpoints.push, {}, this.#client.pushBody());
    return { request: sent, won: ({ status }) => status === 201 };
  }

  /** The same request_uri, in the browser of a person who has logged in and consented before. */
  async sameRequestUri(): Promise<Attempt> {
    await this.#code();
    const path = authorizationRequest(this.#endpoints, await this.#push('openid'));
    const sent = this.#browser.written('GET', path);
    return { request: sent, won: (reply) => header(reply, 'location')?.includes('code=') ?? false };
  }

  async sameCode(): Promise<() => Attempt> {
    const code = await this.#code();
    return () => this.#attempt(`${this.#client.tokenBody()}&code=${code}`, this.#proof());
  }

  async sameRefreshToken(): Promise<() => Attempt> {
    const { refresh_token } = await this.#tokens();
    return () => this.#attempt(`${this.#client.refreshBody()}&refresh_token=${refresh_token}`, this.#proof());
  }

  async sameProof(): Promise<Attempt> {
    const { access_token } = await this.#tokens();
    const ath = hash('sha256', access_token, 'base64url');
    const dpop = this.#client.proof(issuer + this.#endpoints.userinfo, { htm: 'GET', ath });
    const headers = { authorization: `DPoP ${access_token}`, dpop };
    const sent = request('GET', this.#endpoints.userinfo, headers);
    return { request: sent, won: ({ status }) => status === 200 };
  }

  #attempt(body: string, dpop: string): Attempt {
    const sent = request('POST', this.#endpoints.token, { dpop }, body);
    return { request: sent, won: ({ status }) => status === 200 };
  }

  #proof(): string {
    return this.#client.proof(issuer + this.#endpoints.token);
  }

  get #first(): Connection {
    return this.#connections[0] as Connection;
  }

  async #push(scope: string): Promise<string> {
    const sent = request('POST', this.#endpoints.push, {}, this.#client.pushBody(scope));
    const { status, body } = await this.#first.send(sent);
    if (status !== 201) throw new Error(`push: status ${status}: ${body}`);
    return JSON.parse(body).request_uri;
  }

  async #code(scope = 'openid'): Promise<string> {
    const back = await this.#browser.authorize(authorizationRequest(this.#endpoints, await this.#push(scope)));
    const code = back.searchParams.get('code');
    if (!code) throw new Error(`no code: ${back.search}`);
    return code;
  }

  async #tokens(): Promise<{ access_token: string; refresh_token: string }> {
    const body = `${this.#client.tokenBody()}&code=${await this.#code('openid offline_access')}`;
    const reply = await this.#first.send(request('POST', this.#endpoints.token, { dpop: this.#proof() }, body));
    if (reply.status !== 200) throw new Error(`token: status ${reply.status}: ${reply.body}`);
    return JSON.parse(reply.body);
  }
}
