import type { Context, Middleware } from 'koa';
import { type Client, errors, type Interaction, type KoaContextWithOIDC, type Provider } from 'oidc-provider';

import type { Accounts } from '../accounts.ts';
import { type Attempts, attempts } from './attempts.ts';
import { consentAfterLogin, grantAsked, type Step, stepOf } from './consent.ts';
import { readForm } from './form.ts';
import { nameOf, type PagesOptions, renderProblem } from './pages.ts';
import { render, short } from './render.ts';
import { askedInWords, type Words } from './words.ts';
import { crossSite, formToken, ownForm } from './xsrf.ts';

/** Settings of the interaction pages. */
export interface InteractionsOptions extends PagesOptions {
  accounts: Accounts;
  /** Slows down wrong passwords. Default: counted in the memory of this process. */
  attempts?: Attempts;
  /** The Authentication Context Class Reference a login by password reaches. Default: none. */
  acr?: string;
  /** What scopes, claims and authorization details mean. */
  words?: Words;
}

interface Visit {
  readonly ctx: Context;
  readonly interaction: Interaction;
  readonly client: Client;
}

const route = /^\/interaction\/([\w-]{1,128})$/;

/** Where core sends the browser for an interaction: `interactions.url` of its configuration, under a mount path too. */
export function interactionUrl(ctx: KoaContextWithOIDC, { uid }: { uid: string }): string {
  const { pathname } = new URL(ctx.oidc.urlFor('jwks'));
  const mountPath = pathname.slice(0, -ctx.oidc.provider.pathFor('jwks', { mountPath: '' }).length);
  return `${mountPath}/interaction/${uid}`;
}

const parsed = (url: unknown) => (URL.canParse(String(url)) ? new URL(String(url)) : undefined);

function clientInWords({ clientName, clientId, clientUri, policyUri, tosUri }: Client, redirectUri: unknown) {
  const links = [
    { text: 'About the application', href: clientUri },
    { text: 'Privacy policy', href: policyUri },
    { text: 'Terms of service', href: tosUri },
  ].filter(({ href }) => href && /^https?:$/.test(parsed(href)?.protocol ?? ''));
  const target = parsed(redirectUri);
  return {
    name: short(clientName ?? clientId),
    links,
    returnsTo: target?.host || target?.protocol || 'the application',
  };
}

/** Core's `interactionResult` without its second look at the store; and the answer is Koa's, so middleware outside sees it. */
async function finish({ ctx, interaction }: Visit, result: Interaction['result']): Promise<void> {
  interaction.result = result;
  await interaction.persist();
  ctx.status = 303;
  ctx.set('cache-control', 'no-store');
  ctx.redirect(interaction.returnTo);
}

/**
 * Login, consent and abort, as plain forms under `/interaction/:uid`: a Koa middleware for `provider.use()`, or to stand
 * before the provider in an application. Prompts other than `login` and `consent` are left to what follows.
 *
 * @see [FAPI2-SP-FINAL-5.3.2.2-13](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.2)
 */
export function interactions(provider: Provider, options: InteractionsOptions): Middleware {
  const { accounts, attempts: slowed = attempts(), acr, words } = options;
  const name = nameOf(provider.issuer, options);

  function show({ ctx, interaction, client }: Visit, step: Step, status = 200, alert?: string, login?: string): void {
    const { params } = interaction;
    const common = {
      name,
      alert,
      token: formToken(interaction, step),
      client: clientInWords(client, params.redirect_uri),
    };
    if (step.name === 'consent') {
      const groups = askedInWords(step.asked, String(params.scope ?? ''), words);
      render(ctx, status, 'consent', { ...common, title: 'Allow access?', groups, login: step.login });
      return;
    }
    const hint = login ?? params.login_hint;
    const prefilled = typeof hint === 'string' && hint.length <= 254 ? hint : '';
    render(ctx, status, 'login', { ...common, title: alert ? 'Error: Sign in' : 'Sign in', login: prefilled });
  }

  async function logIn(visit: Visit, step: Step, form: URLSearchParams): Promise<void> {
    const { ctx, interaction } = visit;
    const [login, password] = [form.get('login') ?? '', form.get('password') ?? ''];
    if (!login.trim() || !password) return show(visit, step, 422, 'Enter your login and your password.', login);
    const wait = await slowed.begin(login, ctx.ip);
    if (wait !== undefined) {
      ctx.set('retry-after', String(wait));
      const minutes = Math.ceil(wait / 60);
      const when = minutes === 1 ? 'in a minute' : `in ${minutes} minutes`;
      return show(visit, step, 429, `Too many attempts. Try again ${when}.`, login);
    }
    const accountId = await accounts.authenticate(login, password);
    if (!accountId) return show(visit, step, 422, 'Login or password is wrong.', login);
    await slowed.succeeded(login, ctx.ip);
    const result = { login: { accountId, ts: Math.floor(Date.now() / 1000), amr: ['pwd'], acr, login: short(login) } };
    if (!consentAfterLogin(interaction, accountId)) return finish(visit, result);
    interaction.result = result;
    await interaction.persist();
    return show(visit, stepOf(interaction));
  }

  async function decide(visit: Visit): Promise<void> {
    const { ctx, interaction } = visit;
    const step = stepOf(interaction);
    const form = await readForm(ctx);
    if (crossSite(ctx) || !ownForm(form.get('token'), interaction, step)) {
      return show(visit, step, 403, 'This page has changed in the meantime. Please look at it again and decide.');
    }
    if (form.get('action') === 'abort') {
      return finish(visit, { error: 'access_denied', error_description: 'End-User aborted interaction' });
    }
    if (form.get('action') !== 'continue') return show(visit, step, 422, 'Choose one of the buttons.');
    if (step.name === 'login') return logIn(visit, step, form);
    const { accountId, grantId: granted, asked } = step;
    const grantId = await grantAsked(provider, { accountId, clientId: visit.client.clientId, grantId: granted }, asked);
    const earlier = interaction.prompt.name === 'login' ? interaction.result : interaction.lastSubmission;
    return finish(visit, { ...earlier, consent: { grantId } });
  }

  async function visited(ctx: Context, uid: string): Promise<Visit> {
    const interaction = await provider.interactionDetails(ctx.req, ctx.res);
    if (interaction.uid !== uid) throw new errors.SessionNotFound('interaction and cookie are not of one another');
    const client = await provider.Client.find(String(interaction.params.client_id));
    if (!client) throw new errors.InvalidClient('client is invalid', 'client not found');
    return { ctx, interaction, client };
  }

  async function answer(ctx: Context, uid: string, next: () => Promise<unknown>): Promise<unknown> {
    if (!['GET', 'HEAD', 'POST'].includes(ctx.method)) {
      ctx.set('allow', 'GET, POST');
      throw new errors.InvalidRequest('only GET and POST are allowed', 405);
    }
    const visit = await visited(ctx, uid);
    if (!['login', 'consent'].includes(visit.interaction.prompt.name)) return next();
    return ctx.method === 'POST' ? decide(visit) : show(visit, stepOf(visit.interaction));
  }

  return async function interactions(ctx, next) {
    const [, uid] = route.exec(ctx.path) ?? [];
    if (!uid) return next();
    try {
      await answer(ctx, uid, next);
    } catch (error) {
      problem(ctx, error);
    }
  };

  function problem(ctx: Context, error: unknown): void {
    const { status, error: code, error_description } = error as Partial<errors.OIDCProviderError>;
    const refused = error instanceof errors.OIDCProviderError && error.expose;
    ctx.status = refused || status === 503 ? (status ?? 500) : 500;
    const unavailable = ctx.status === 503 ? 'temporarily_unavailable' : 'server_error';
    renderProblem(ctx, name, { error: refused ? (code ?? unavailable) : unavailable, error_description }, error);
    if (ctx.status === 503) ctx.set('retry-after', '1');
    ctx.app.emit(ctx.status < 500 ? 'refused' : 'error', error, ctx);
  }
}
