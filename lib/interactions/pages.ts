import type { Context } from 'koa';
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';

import { explanationOf } from '../fapi/refusals.ts';
import { render, short } from './render.ts';

/** Settings of the pages. */
export interface PagesOptions {
  /** What the service is called. Default: the host of the issuer. */
  name?: string;
}

const startAgain = 'Go back to the application you came from and start again.';

const expired = {
  title: 'This sign-in is no longer open',
  text: 'It took too long, was finished already, or was started in another browser.',
  advice: `${startAgain} Use one browser, with cookies allowed, from beginning to end.`,
};

/** What happened and what to do about it, by the error's name in the table of refusals or by its code; what is not here is the application's mistake. */
const explained: Readonly<Record<string, { title: string; text: string; advice: string }>> = {
  server_error: {
    title: 'Something went wrong',
    text: 'The sign-in service could not answer.',
    advice: 'Try again in a moment. If it happens again, tell the service what stands below.',
  },
  temporarily_unavailable: {
    title: 'Not available at the moment',
    text: 'The sign-in service cannot answer right now.',
    advice: 'Wait a moment, then reload this page.',
  },
  request_uri_expired: {
    title: 'This link has expired',
    text: 'A link to sign in works for a short time, and once.',
    advice: startAgain,
  },
  request_uri_unknown: {
    title: 'This link does not work',
    text: 'It is not whole, or it is for another service.',
    advice: startAgain,
  },
  invalid_request_uri: {
    title: 'This link was used already',
    text: 'A link to sign in works once, and for a short time.',
    advice: startAgain,
  },
};

const applicationsMistake = {
  title: 'The request could not be understood',
  text: 'The application you came from sent something this service does not accept.',
  advice: `${startAgain} If it happens again, tell the application what stands below.`,
};

export const nameOf = (issuer: string, { name }: PagesOptions): string => name ?? new URL(issuer).host;

/** The page about an error, with the reference both sides' logs know it by; nothing of the error's inside. */
export function renderProblem(
  ctx: Context,
  name: string,
  { error, error_description }: { error: string; error_description?: string | undefined },
  cause?: unknown,
): void {
  const foreign = cause instanceof errors.SessionNotFound;
  const { refusal = '', reason = error_description } = explanationOf((cause ?? {}) as object) ?? {};
  const reference = ctx.response.get('x-fapi-interaction-id');
  render(ctx, ctx.status, 'message', {
    name,
    ...(foreign ? expired : (explained[refusal] ?? explained[error] ?? applicationsMistake)),
    facts: [
      ...(foreign ? [] : [['Error', error]]),
      ...(foreign || error === 'server_error' || !reason ? [] : [['Details', short(reason, 400)]]),
      ...(reference ? [['Reference', reference]] : []),
    ],
  });
}

/** Core shows the same page whichever button was pressed; what is true is in the session. */
async function renderLoggedOut(ctx: KoaContextWithOIDC, name: string): Promise<void> {
  const { client, provider } = ctx.oidc;
  const { accountId } = await provider.Session.get(ctx);
  const application = client && short(client.clientName || client.clientId);
  const still = `You are still signed in at ${name}.`;
  render(ctx, 200, 'message', {
    name,
    facts: [],
    ...(accountId
      ? application
        ? { title: 'Access has ended', text: `${application} no longer has access through this sign-in. ${still}` }
        : { title: 'Nothing has changed', text: still }
      : { title: 'You are signed out', text: 'You may close this window.' }),
  });
}

/**
 * The pages core shows by itself, to be merged into its configuration: errors, signing out, signed out.
 *
 * @see [OpenID Connect RP-Initiated Logout 1.0](https://openid.net/specs/openid-connect-rpinitiated-1_0.html)
 */
export function pages(options: PagesOptions = {}) {
  return {
    renderError(ctx, out, error) {
      renderProblem(ctx, nameOf(ctx.oidc.provider.issuer, options), out, error);
    },
    features: {
      rpInitiatedLogout: {
        logoutSource(ctx, form) {
          const name = nameOf(ctx.oidc.provider.issuer, options);
          render(ctx, 200, 'logout', { title: 'Sign out?', name, form });
        },
        async postLogoutSuccessSource(ctx) {
          await renderLoggedOut(ctx, nameOf(ctx.oidc.provider.issuer, options));
        },
      },
    },
  } satisfies Configuration;
}
