import { randomBytes } from 'node:crypto';

import type { Context, Middleware } from 'koa';

import { crossSite } from '../interactions/xsrf.ts';
import type { Keys } from '../keys/keys.ts';
import { log } from '../log.ts';
import { callbackPath, checksOf, type OwnClientOf, type Speaking, speaking } from './own_client.ts';

/** Path to which the button of the front page posts. */
export const tryPath = '/try';

const cookie = '__Host-try';
const attributes = { httpOnly: true, secure: true, sameSite: 'lax', path: '/', signed: false } as const;

/** The end of a flow, as its page tells it: names and lengths, and no tokens. */
export interface Tried {
  readonly outcome: 'done' | 'denied' | 'unknown' | 'failed';
  readonly person?: string;
  readonly token?: string;
  readonly resource?: string;
  readonly error?: string;
  /** Names of the parameters that crossed the browser on its way back. */
  readonly parameters: string;
}

/** Settings of the flow. */
export interface TryFlowOptions extends OwnClientOf {
  readonly keys: Pick<Keys, 'cookies'>;
  /** Path of the sample resource; userinfo is asked where there is none. */
  readonly resource?: string | undefined;
  /** Shows the page at the end. */
  readonly show: (ctx: Context, tried: Tried) => void;
}

/**
 * Pushes a request.
 *
 * @returns the address the browser is sent to
 */
async function begin({ issuer, claims, keys }: TryFlowOptions, flow: string): Promise<URL> {
  const { openid, config, key, scope, signed } = await speaking({ issuer, claims }, keys);
  const { pkceCodeVerifier, expectedState, expectedNonce } = checksOf(keys.cookies, flow);
  const request = new URLSearchParams({
    redirect_uri: `${issuer}${callbackPath}`,
    scope,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    claims: '{"id_token":{"name":null}}',
  });
  const object = signed ? await openid.buildAuthorizationUrlWithJAR(config, request, key) : undefined;
  // The code is bound by its verifier: another process may take the browser back, with another key for the token.
  return openid.buildAuthorizationUrlWithPAR(config, object?.searchParams ?? request);
}

/** Exchanges the code and uses the token. All of it goes from here to the server, past the browser. */
async function finish(options: TryFlowOptions, flow: string, callback: URL): Promise<Omit<Tried, 'parameters'>> {
  const spoken = await speaking(options, options.keys);
  const { openid, config, options: bound } = spoken;
  const checks = checksOf(options.keys.cookies, flow);
  const tokens = await openid.authorizationCodeGrant(config, callback, checks, undefined, bound);
  const { sub = '', name = sub } = { ...tokens.claims() };
  return {
    outcome: 'done',
    person: `${name}`,
    token: `${tokens.token_type}, ${tokens.expires_in} s`,
    resource: await use(spoken, options, tokens.access_token, sub),
  };
}

async function use(
  { openid, config, options }: Speaking,
  { issuer, resource }: TryFlowOptions,
  token: string,
  sub: string,
): Promise<string> {
  if (!resource) {
    await openid.fetchUserInfo(config, token, sub, options);
    return 'userinfo: 200';
  }
  const url = new URL(`${issuer}${resource}`);
  const { status } = await openid.fetchProtectedResource(config, token, url, 'GET', null, undefined, options);
  return `${resource}: ${status}`;
}

/** The end of a flow that failed: the error of the server's answer, or what the library found wrong with it. */
function failureOf(error: unknown): Omit<Tried, 'parameters'> {
  const { error: code, error_description, message } = error as Record<string, string | undefined>;
  if (code === 'access_denied') return { outcome: 'denied' };
  log.warn({ error }, 'a flow of the front page failed');
  return { outcome: 'failed', error: [code, error_description ?? message].filter(Boolean).join(': ').slice(0, 600) };
}

/**
 * The flow of a confidential client that is part of a development server: the browser carries a reference there and a
 * code back, keys and tokens never reach it. One flow of a browser at a time; nothing of it is kept in this process.
 */
export function tryFlow(options: TryFlowOptions): Middleware {
  const { issuer, show } = options;

  async function start(ctx: Context): Promise<void> {
    if (crossSite(ctx)) ctx.throw(403, 'the form was sent by another site');
    const flow = randomBytes(32).toString('base64url');
    try {
      const address = await begin(options, flow);
      ctx.cookies.set(cookie, flow, attributes);
      ctx.redirect(address.href);
      ctx.status = 303;
    } catch (error) {
      show(ctx, { ...failureOf(error), parameters: '' });
    }
  }

  async function comeBack(ctx: Context): Promise<void> {
    const flow = ctx.cookies.get(cookie, { signed: false });
    ctx.cookies.set(cookie, null, attributes);
    const callback = new URL(`${issuer}${callbackPath}?${ctx.querystring}`);
    const parameters = [...new Set(callback.searchParams.keys())].join(', ').slice(0, 200);
    // An answer is taken only from the browser that asked.
    if (!flow || !/^[\w-]{43}$/.test(flow)) return show(ctx, { outcome: 'unknown', parameters });
    const tried = await finish(options, flow, callback).catch(failureOf);
    show(ctx, { ...tried, parameters });
  }

  return function tryFlow(ctx, next) {
    if (ctx.path === tryPath && ctx.method === 'POST') return start(ctx);
    if (ctx.path === callbackPath && ctx.method === 'GET') return comeBack(ctx);
    return next();
  };
}
