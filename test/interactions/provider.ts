import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

import Koa from 'koa';
import mount from 'koa-mount';
import { type ClientMetadata, type Configuration, Provider } from 'oidc-provider';

import type { Accounts } from '../../lib/accounts/accounts.ts';
import { listedAccounts } from '../../lib/accounts/listed.ts';
import { pages } from '../../lib/interactions/pages.ts';
import { interactionPolicy } from '../../lib/interactions/policy.ts';
import { type InteractionsOptions, interactions, interactionUrl } from '../../lib/interactions/routes.ts';
import { type Listening, listening } from '../support/listening.ts';

export const person = { login: 'jane@example.com', password: 'correct horse battery staple' };

export interface Options extends Partial<InteractionsOptions> {
  accounts?: Accounts;
  client?: Partial<ClientMetadata>;
  configuration?: Configuration;
  /** What stands before the provider. */
  before?: Koa.Middleware;
  /** What stands behind our pages. */
  behind?: Koa.Middleware;
  /** Under which path of a Koa application the provider is mounted. */
  mountPath?: string;
  /** Besides the one that works. */
  more_redirect_uris?: string[];
  /** Core's own policy: login and consent are two interactions. */
  twoSteps?: boolean;
}

/** The bare core with its own store, PAR, and our pages. */
export class TestProvider {
  readonly provider: Provider;
  readonly origin: string;
  readonly redirectUri: string;
  readonly clientId = 'client-1';
  /** What core asked of its store, as `Model.operation`. */
  readonly calls: string[] = [];
  readonly errors: unknown[] = [];
  readonly #servers: readonly Listening[];

  constructor(provider: Provider, origin: string, redirectUri: string, servers: readonly Listening[]) {
    this.provider = provider;
    this.origin = origin;
    this.redirectUri = redirectUri;
    this.#servers = servers;
  }

  async push(params: Record<string, string> = {}): Promise<string> {
    const response = await fetch(this.provider.urlFor('pushed_authorization_request'), {
      method: 'POST',
      body: new URLSearchParams({
        client_id: this.clientId,
        client_secret: 'secret',
        response_type: 'code',
        redirect_uri: this.redirectUri,
        scope: 'openid',
        code_challenge: createHash('sha256').update(randomBytes(32)).digest('base64url'),
        code_challenge_method: 'S256',
        ...params,
      }),
    });
    const body = (await response.json()) as { request_uri?: string };
    if (!body.request_uri) throw new Error(`${response.status} ${JSON.stringify(body)}`);
    return body.request_uri;
  }

  async authorizationUrl(params?: Record<string, string>): Promise<string> {
    const query = new URLSearchParams({ client_id: this.clientId, request_uri: await this.push(params) });
    return `${this.provider.urlFor('authorization')}?${query}`;
  }

  async close(): Promise<void> {
    for (const server of this.#servers) await server.close();
  }
}

export async function testProvider(options: Options = {}): Promise<TestProvider> {
  const { client, configuration, more_redirect_uris = [], mountPath = '', twoSteps, before, behind, ...rest } = options;
  // Where the client takes its people back; a second server, so that a browser sees another origin.
  const callback = await listening(
    createServer((_req, res) =>
      res.setHeader('content-type', 'text/html').end('<title>Back</title><h1>Back at the client</h1>'),
    ),
  );
  const app = new Koa();
  // The port is known only once it listens, and the issuer needs it.
  const site = await listening(createServer((req, res) => app.callback()(req, res)));
  const origin = `http://127.0.0.1:${site.port}`;
  const redirectUri = `http://127.0.0.1:${callback.port}/cb`;
  const ours = pages({ name: rest.name ?? 'Example Bank' });
  const provider = new Provider(origin + mountPath, {
    findAccount: (ctx, sub, token) => accounts.findAccount(ctx, sub, token),
    clients: [
      {
        client_id: 'client-1',
        client_secret: 'secret',
        client_name: 'Budget Planner',
        token_endpoint_auth_method: 'client_secret_post',
        redirect_uris: [redirectUri, ...more_redirect_uris],
        post_logout_redirect_uris: [redirectUri],
        ...client,
      },
    ],
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: { openid: ['sub'], profile: ['name', 'birthdate'], email: ['email', 'email_verified'] },
    interactions: { url: interactionUrl, ...(twoSteps ? {} : { policy: interactionPolicy() }) },
    renderError: ours.renderError,
    ...configuration,
    features: {
      devInteractions: { enabled: false },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
      claimsParameter: { enabled: true },
      rpInitiatedLogout: { enabled: true, ...ours.features.rpInitiatedLogout },
      ...configuration?.features,
    },
  });
  const accounts = rest.accounts ?? listedAccounts([{ ...person, claims: { name: 'Jane Doe' } }]);
  const as = new TestProvider(provider, origin, redirectUri, [site, callback]);
  provider.use(interactions(provider, { name: 'Example Bank', ...rest, accounts }));
  if (behind) provider.use(behind);
  app.on('error', (error) => as.errors.push(error));
  provider.on('server_error', (_ctx, error) => as.errors.push(error));
  // A mounted provider writes its cookies through the application, and reads them by itself.
  if (provider.keys) app.keys = provider.keys;
  if (before) app.use(before);
  app.use(mount(mountPath || '/', provider));
  return as;
}
