import type { Context, Middleware, Next } from 'koa';
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';

import type { Accounts } from '../accounts/accounts.ts';
import type { Levels } from '../fapi/acr.ts';
import type { ParameterRules } from '../fapi/extra_parameters.ts';
import { retryAfter } from '../http/error_answer.ts';
import { endpoints, isPageEndpoint } from '../http/routes.ts';
import { type Attempts, attempts as inMemory } from './attempts.ts';
import { chosenDetails, type DetailTypes } from './authorization_details.ts';
import { grantAsked, stepOf } from './consent.ts';
import { readForm } from './form.ts';
import { languages } from './language.ts';
import { logIn, outOfReach, whyAgain } from './login.ts';
import { nameOf, type PagesOptions, renderProblem } from './pages.ts';
import { show } from './show.ts';
import { type Desk, finish, type Visit, visitOf } from './visit.ts';
import type { Words } from './words.ts';
import { crossSite, ownForm } from './xsrf.ts';

/** Settings of the interaction pages. */
export interface InteractionsOptions extends PagesOptions {
  accounts: Accounts;
  /** Slows down wrong passwords. Default: counted in the memory of this process. */
  attempts?: Attempts | undefined;
  /** Authentication context classes from the weakest to the strongest, and the methods of a login that reach each. Default: none. */
  acr?: Levels | undefined;
  /** Further parameters of requests, of which those with a label are shown. */
  parameters?: ParameterRules | undefined;
  /** Words for scopes, claims and authorization details. */
  words?: Words | undefined;
  /** Types of authorization details, with the words of each. */
  details?: DetailTypes | undefined;
  /** Scopes of resources: granted for their resource alone. */
  resourceScopes?: readonly string[] | undefined;
}

const route = /^\/interaction\/([\w-]{1,128})$/;

/**
 * The address core sends the browser to for an interaction: `interactions.url` of its configuration, under a mount path too.
 *
 * @param ctx core's context, of which the path it is mounted at is read.
 * @param interaction core's interaction, named by its `uid`.
 * @example
 * const configuration = { interactions: { url: interactionUrl } };
 */
export function interactionUrl(ctx: KoaContextWithOIDC, { uid }: { uid: string }): string {
  const { pathname } = new URL(ctx.oidc.urlFor('jwks'));
  const mountPath = pathname.slice(0, -ctx.oidc.provider.pathFor('jwks', { mountPath: '' }).length);
  return `${mountPath}/interaction/${uid}`;
}

/** Takes a decision that the person has posted: who they are, or what they allow. */
async function decide(desk: Desk, visit: Visit): Promise<void> {
  const { ctx, interaction, client, language } = visit;
  const { say } = language;
  const form = await readForm(ctx);
  const step = stepOf(interaction);
  if (crossSite(ctx) || !ownForm(form.get('token'), interaction, step)) {
    return show(desk, visit, step, { status: 403, alert: say('page_changed') });
  }
  if (form.get('action') === 'abort') {
    return finish(visit, { error: 'access_denied', error_description: 'End-User aborted interaction' });
  }
  if (form.get('action') !== 'continue') {
    return show(desk, visit, step, { status: 422, alert: say('choose_button') });
  }
  if (step.name === 'login') return logIn(desk, visit, step, form);
  const { accountId, grantId: earlier, asked } = step;
  const rar = asked.rar && chosenDetails(asked.rar, form, desk.details);
  if (rar?.length === 0) {
    return show(desk, visit, step, { status: 422, alert: say('choose_one') });
  }
  const whose = { accountId, clientId: client.clientId, grantId: earlier };
  const grantId = await grantAsked(desk.provider, whose, { ...asked, rar }, desk.resourceScopes);
  const ask_again = form.get('ask_again') === 'yes';
  const before = interaction.prompt.name === 'login' ? interaction.result : interaction.lastSubmission;
  return finish(visit, { ...before, consent: { grantId, ask_again, ...(rar && { authorization_details: rar }) } });
}

async function answer(desk: Desk, visit: Visit): Promise<void> {
  const { ctx, interaction } = visit;
  if (outOfReach(desk, interaction)) {
    const error_description = 'the requested authentication context cannot be reached';
    return finish(visit, { error: 'unmet_authentication_requirements', error_description });
  }
  if (ctx.method === 'POST') return decide(desk, visit);
  show(desk, visit, stepOf(interaction), { alert: whyAgain(visit) });
}

/** Answers a person with a page where core would answer a program. */
function explain({ name, choose }: Desk, ctx: Context, error: unknown): void {
  const refusal = error instanceof errors.OIDCProviderError && error.expose ? error : undefined;
  ctx.status = refusal?.status ?? 500;
  renderProblem(ctx, { name, language: choose(ctx) }, refusal ?? { error: 'server_error' }, error);
  if (ctx.status === 503) ctx.set(retryAfter());
  ctx.app.emit(ctx.status < 500 ? 'refused' : 'error', error, ctx);
}

/**
 * Login, consent and abort, as plain forms under `/interaction/:uid`: a Koa middleware for `provider.use()`, or to stand
 * before the provider in an application. Prompts other than `login` and `consent` are left to what follows.
 *
 * @param provider the provider whose interactions they are.
 * @param options `accounts` say who may log in; `attempts` count wrong passwords, in the memory of this process by default.
 * @example
 * provider.use(interactions(provider, { accounts, name: 'Example Bank' }));
 * @see [FAPI2-SP-FINAL-5.3.2.2-13](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.2)
 */
export function interactions(provider: Provider, options: InteractionsOptions): Middleware {
  const { accounts, attempts = inMemory(), acr = {}, words, details = {}, parameters = {} } = options;
  const resourceScopes = new Set(options.resourceScopes);
  const desk: Desk = {
    provider,
    accounts,
    attempts,
    acr,
    parameters,
    words,
    details,
    resourceScopes,
    name: nameOf(provider.issuer, options),
    choose: languages(options.messages),
  };
  const endpointOf = endpoints(provider);
  async function visited(ctx: Context, uid: string, next: Next): Promise<void> {
    let ours = true;
    try {
      if (!['GET', 'HEAD', 'POST'].includes(ctx.method)) {
        ctx.set('allow', 'GET, POST');
        throw new errors.InvalidRequest('only GET and POST are allowed', 405);
      }
      const visit = await visitOf(desk, ctx, uid);
      ours = ['login', 'consent'].includes(visit.interaction.prompt.name);
      if (ours) await answer(desk, visit);
    } catch (error) {
      explain(desk, ctx, error);
    }
    if (!ours) await next();
  }
  return function interactions(ctx, next) {
    const [, uid] = route.exec(ctx.path) ?? [];
    if (uid) return visited(ctx, uid, next);
    if (!isPageEndpoint(endpointOf(ctx))) return next();
    return next().catch((error: unknown) => {
      // As core chooses between a page and JSON.
      if (ctx.accepts('json', 'html') !== 'html') throw error;
      explain(desk, ctx, error);
    });
  };
}
