import type { Context } from 'koa';
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';

import { explanationOf } from '../fapi/refusals.ts';
import { type Language, languages, type OwnMessages } from './language.ts';
import { render, short } from './render.ts';

/** Settings of the pages. */
export interface PagesOptions {
  /** Name of the service. Default: the host of the issuer. */
  name?: string | undefined;
  /** Further languages by their tags (BCP 47), or other words for ours. */
  messages?: OwnMessages | undefined;
}

/**
 * Errors that have words of their own on a page, by their name in the table of refusals or by their code. Of any other,
 * the page says that the application made a mistake.
 */
const explained = [
  'server_error',
  'temporarily_unavailable',
  'request_uri_expired',
  'request_uri_unknown',
  'invalid_request_uri',
  'login_required',
] as const;

export const nameOf = (issuer: string, { name }: PagesOptions): string => name ?? new URL(issuer).host;

/** Values a page outside an interaction is made with. */
interface Around {
  readonly name: string;
  readonly language: Language;
}

/**
 * Answers with the page about an error. It has the reference by which the logs of both sides know the request, and no
 * inside of the error.
 */
export function renderProblem(
  ctx: Context,
  { name, language }: Around,
  { error, error_description }: { error: string; error_description?: string | undefined },
  cause?: unknown,
): void {
  const { say } = language;
  const foreign = cause instanceof errors.SessionNotFound;
  const { refusal, reason = error_description } = explanationOf((cause ?? {}) as object) ?? {};
  const known = explained.find((one) => one === refusal) ?? explained.find((one) => one === error);
  const about = foreign ? 'closed' : ctx.status === 429 ? 'too_many' : (known ?? 'mistake');
  const reference = ctx.response.get('x-fapi-interaction-id');
  const tells = !foreign && error !== 'server_error' && reason;
  render(ctx, ctx.status, 'message', {
    name,
    language,
    title: say(`${about}_title`),
    text: say(`${about}_text`),
    advice: say(`${about}_advice`),
    facts: [
      ...(foreign ? [] : [[say('fact_error'), error]]),
      ...(tells ? [[say('fact_details'), short(reason, 400)]] : []),
      ...(reference ? [[say('fact_reference'), reference]] : []),
    ],
  });
}

/**
 * Answers with the page after a logout. Core shows the same one whichever button was pressed; the session says if the
 * person is logged out.
 */
async function renderLoggedOut(ctx: KoaContextWithOIDC, { name, language }: Around): Promise<void> {
  const { client, provider } = ctx.oidc;
  const { accountId } = await provider.Session.get(ctx);
  const application = client && short(client.clientName || client.clientId);
  const what = accountId ? (application ? 'access_ended' : 'nothing_changed') : 'signed_out';
  render(ctx, 200, 'message', {
    name,
    language,
    facts: [],
    title: language.say(`${what}_title`),
    text: language.say(`${what}_text`, { name, client: application ?? '' }),
  });
}

/**
 * The pages core shows by itself: errors, signing out, signed out.
 *
 * @param options the name of the service, words and looks, as under `pages` in the configuration file.
 * @returns `renderError` and `features`, to be merged into core's configuration.
 * @example
 * const configuration = { ...yours, ...pages({ name: 'Example Bank' }) };
 * @see [OpenID Connect RP-Initiated Logout 1.0](https://openid.net/specs/openid-connect-rpinitiated-1_0.html)
 */
export function pages(options: PagesOptions = {}) {
  const choose = languages(options.messages);
  const around = (ctx: KoaContextWithOIDC): Around => ({
    name: nameOf(ctx.oidc.provider.issuer, options),
    language: choose(ctx, ctx.oidc.params?.ui_locales),
  });
  return {
    renderError(ctx, out, error) {
      renderProblem(ctx, around(ctx), out, error);
    },
    features: {
      rpInitiatedLogout: {
        logoutSource(ctx, form) {
          const { name, language } = around(ctx);
          render(ctx, 200, 'logout', { language, title: language.say('sign_out_question'), name, form });
        },
        async postLogoutSuccessSource(ctx) {
          await renderLoggedOut(ctx, around(ctx));
        },
      },
    },
  } satisfies Configuration;
}
