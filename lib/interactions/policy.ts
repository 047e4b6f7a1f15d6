import { interactionPolicy as core, type KoaContextWithOIDC } from 'oidc-provider';

import type { ConsentAhead } from './consent.ts';

async function consentAhead(ctx: KoaContextWithOIDC, consent: core.Prompt): Promise<ConsentAhead | undefined> {
  const { oidc } = ctx;
  const entities: { Grant?: unknown } = oidc.entities;
  const loaded = entities.Grant;
  oidc.entity('Grant', new oidc.provider.Grant({ clientId: oidc.client?.clientId }));
  try {
    const reasons: string[] = [];
    const details = { ...(await consent.details(ctx)) };
    for (const { reason, check, details: more } of consent.checks) {
      if (!(await check(ctx))) continue;
      reasons.push(reason);
      Object.assign(details, await more(ctx));
    }
    return reasons.length > 0 ? { reasons, details } : undefined;
  } catch {
    // A deployment's own check may need the account that is not known yet: then consent stays an interaction of its own.
    return undefined;
  } finally {
    if (loaded) entities.Grant = loaded;
    else delete entities.Grant;
  }
}

/** True for a login from before the account got a new password, also for one that an interaction is to bring along. */
function outdated({ oidc: { account, session } }: KoaContextWithOIDC): boolean {
  const { valid_from } = (account ?? {}) as { valid_from?: number };
  return valid_from !== undefined && (session?.loginTs ?? 0) <= valid_from;
}

/** Keeps with the session, client by client, that the person wants to be asked each time, and answers if it is so. */
function askAgain({ oidc: { session, client, result } }: KoaContextWithOIDC): boolean {
  const state = session?.authorizations?.[`${client?.clientId}`] as { ask_again?: boolean } | undefined;
  const { ask_again } = (result?.consent ?? {}) as { ask_again?: boolean };
  if (!result?.consent) return state?.ask_again === true;
  if (state && ask_again !== undefined) state.ask_again = ask_again;
  return false;
}

/**
 * Core's interaction policy, or a deployment's own, with three things added:
 * - the login prompt also says what consent is going to be asked, so that one interaction does for both;
 * - somebody whose account is gone, or whose login is from before a new password, logs in again;
 * - somebody who wants to be asked by a client each time is asked.
 *
 * @param policy changed in place, and returned.
 * @example
 * const configuration = { ...yours, interactions: { policy: interactionPolicy(), url: interactionUrl } };
 */
export function interactionPolicy(policy: core.DefaultPolicy = core.base()): core.DefaultPolicy {
  const login = policy.get('login');
  const consent = policy.get('consent');
  if (!login) return policy;
  login.checks.add(
    new core.Check(
      'account_missing',
      'the account of the session no longer exists',
      'login_required',
      ({ oidc }) => oidc.session?.accountId !== undefined && oidc.account === undefined,
    ),
  );
  login.checks.add(
    new core.Check('account_changed', 'the account has a new password since the login', 'login_required', outdated),
  );
  if (consent) {
    consent.checks.add(new core.Check('ask_again', 'the person wants to be asked each time', askAgain));
    const { details } = login;
    login.details = async (ctx) => ({ ...(await details(ctx)), consent: await consentAhead(ctx, consent) });
  }
  return policy;
}
