import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { createServer } from 'node:http';

import type { Middleware } from 'koa';
import { type Configuration, Provider } from 'oidc-provider';

import { Browser, header } from '../bench/browser.ts';
import { Client, issuer, makeKey, metadata, request } from '../bench/client.ts';
import { Connection, type Reply } from '../bench/connection.ts';
import { discover } from '../bench/endpoints.ts';
import { Sender } from '../bench/sender.ts';
import { listening } from '../support/listening.ts';

/** The client's; the same for every node of one test. */
export const key: JsonWebKey = process.env.CLIENT_KEY ? JSON.parse(process.env.CLIENT_KEY) : makeKey();

/** Core as anyone sets it up, on an adapter, behind a listener of its own; bare when there is no middleware. */
export async function startCore(
  adapter: NonNullable<Configuration['adapter']>,
  ...middleware: ((provider: Provider) => Middleware)[]
) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const provider = new Provider(issuer, {
    adapter,
    clients: [metadata(key)],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' } as never] },
    cookies: { keys: ['a key that signs nothing but tests'] },
    features: {
      fapi: { enabled: true, profile: '2.0' },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
      dPoP: { enabled: true },
    },
    responseTypes: ['code'],
    ttl: { AccessToken: 300, IdToken: 300, Interaction: 600, Session: 86_400, Grant: 86_400, RefreshToken: 86_400 },
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    scopes: ['openid', 'offline_access'],
    rotateRefreshToken: false,
  });
  provider.proxy = true;
  for (const each of middleware) provider.use(each(provider));
  const { port, close } = await listening(createServer(provider.callback()));
  return { provider, port, agent: () => agentAt(port), close };
}

/** Login and consent in one: core's own pages ask in two rounds. */
export function loginAndConsent(provider: Provider): Middleware {
  return async function loginAndConsent(ctx, next) {
    if (!ctx.path.startsWith('/interaction/') || ctx.method !== 'POST') return next();
    const { params } = await provider.interactionDetails(ctx.req, ctx.res);
    const grant = new provider.Grant({ accountId: 'demo', clientId: params.client_id as string });
    grant.addOIDCScope(params.scope as string);
    const consent = { grantId: await grant.save() };
    await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: 'demo' }, consent });
  };
}

export async function agentAt(port: number): Promise<Agent> {
  const connection = await Connection.open({ port });
  return new Agent(new Client(key), await discover({ port }), (sent) => connection.send(sent));
}

/** A client and its person's browser, on one connection. */
export class Agent extends Sender {
  /** Everything that went over the wire and must not be found at rest. */
  readonly secrets = new Set<string>();

  send(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Reply> {
    return this.exchange(request(method, path, { accept: 'application/json', ...headers }, body));
  }

  push(body = this.client.pushBody('openid offline_access'), dpop = this.proof(this.endpoints.push)): Promise<Reply> {
    this.#note(new URLSearchParams(body));
    return this.send('POST', this.endpoints.push, { dpop }, body);
  }

  token(body: string, dpop = this.proof(this.endpoints.token)): Promise<Reply> {
    this.#note(new URLSearchParams(body));
    return this.send('POST', this.endpoints.token, { dpop }, body);
  }

  proof(path: string): string {
    return this.client.proof(issuer + path);
  }

  /** Has the person log in and consent; answers where the browser was sent in the end. */
  async authorize(request_uri: string): Promise<URL> {
    const browser = new Browser(async (sent) => {
      const reply = await this.exchange(sent);
      for (const [, value = ''] of reply.head.matchAll(/\r\nset-cookie: *[^=]+=([^;]{20,})/gi)) this.secrets.add(value);
      return reply;
    });
    const back = await browser.authorize(this.authorization(request_uri));
    this.#note(back.searchParams);
    return back;
  }

  /** Push, log in, consent, code, tokens. */
  async flow(): Promise<{ code: string; access_token: string; refresh_token: string }> {
    const pushed = await this.push();
    if (pushed.status !== 201) throw new Error(`push: ${pushed.status} ${pushed.body}`);
    const { request_uri } = JSON.parse(pushed.body);
    this.secrets.add(request_uri.split(':').at(-1));
    const back = await this.authorize(request_uri);
    const code = back.searchParams.get('code');
    if (!code) throw new Error(`no code: ${back.search}`);
    const { status, body } = await this.token(`${this.client.tokenBody()}&code=${code}`);
    if (status !== 200) throw new Error(`token: ${status} ${body}`);
    const tokens = JSON.parse(body);
    for (const name of ['access_token', 'refresh_token', 'id_token']) this.secrets.add(tokens[name]);
    return { code, ...tokens };
  }

  #note(parameters: Iterable<[string, string]>): void {
    for (const [name, value] of parameters)
      if (!/^(client_id|scope|response_type|iss|prompt)$/.test(name)) this.secrets.add(value);
  }
}

export { header };
