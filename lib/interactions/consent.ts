import type { AuthorizationDetail, Interaction, Provider } from 'oidc-provider';

/** Scopes, claims and resources that core's consent prompt asks for. */
export interface Asked {
  readonly missingOIDCScope?: readonly string[];
  readonly missingOIDCClaims?: readonly string[];
  readonly missingResourceScopes?: Readonly<Record<string, readonly string[]>>;
  readonly rar?: readonly AuthorizationDetail[] | undefined;
  /** The purpose, in the client's words. */
  readonly purpose?: string | undefined;
  /** A consent the client has registered before, by an ecosystem's consent API. */
  readonly account_consent?: {
    readonly permissions: readonly string[];
    /** Seconds since the epoch. */
    readonly until: number;
    /** A claim that names the consent, and says nothing of the person. */
    readonly named_by?: string | undefined;
  };
}

/** Reasons and details of the consent prompt for somebody who never granted anything. */
export interface ConsentAhead {
  readonly reasons: readonly string[];
  readonly details: Asked;
}

/** The step of an interaction a person is at. */
export type Step =
  | { readonly name: 'login' }
  | {
      readonly name: 'consent';
      readonly accountId: string;
      /** The login, as it is shown; absent where the session does not know it. */
      readonly login?: string;
      readonly grantId?: string | undefined;
      readonly asked: Asked;
    };

/** Reasons that a correct login settles. For any other, core has to look at who logged in before consent is asked. */
const settledByLogin = new Set(['login_prompt', 'no_session', 'max_age', 'account_missing', 'account_changed']);

/** Finds what is to be asked right after the login, in the same interaction. */
export function consentAfterLogin({ prompt, session }: Interaction, accountId: string): Asked | undefined {
  const ahead = prompt.details.consent as ConsentAhead | undefined;
  // Somebody who logs in again may have granted it before: core knows.
  const again = session?.accountId === accountId;
  return ahead && !again && prompt.reasons.every((reason) => settledByLogin.has(reason)) ? ahead.details : undefined;
}

/** The step an interaction is at; the browser has no say in it. */
export function stepOf(interaction: Interaction): Step {
  const { prompt, session, result, grantId } = interaction;
  if (prompt.name === 'consent' && session) {
    return { name: 'consent', accountId: session.accountId, grantId, asked: prompt.details };
  }
  const login = result?.login;
  const asked = login && consentAfterLogin(interaction, login.accountId);
  if (!login || !asked) return { name: 'login' };
  return { name: 'consent', accountId: login.accountId, login: String(login.login), asked };
}

/** Details that a grant remembers at most, the latest ones. */
const remembered = 100;

/**
 * Adds what was asked to the account's grant for the client. A resource's scope is granted for that resource alone: core
 * asks for it as one of the server's own as well, and would give it to a token for no resource.
 *
 * @returns the grant's id
 */
export async function grantAsked(
  provider: Provider,
  { accountId, clientId, grantId }: { accountId: string; clientId: string; grantId?: string | undefined },
  { missingOIDCScope = [], missingOIDCClaims, missingResourceScopes = {}, rar = [] }: Asked,
  resourceScopes: ReadonlySet<string> = new Set(),
): Promise<string> {
  // Core has looked whose grant it is; it may have expired since.
  const grant = (grantId && (await provider.Grant.find(grantId))) || new provider.Grant({ accountId, clientId });
  const own = missingOIDCScope.filter((scope) => !resourceScopes.has(scope));
  const others = missingOIDCScope.filter((scope) => resourceScopes.has(scope));
  if (own.length > 0) grant.addOIDCScope(own);
  if (others.length > 0) grant.rejectOIDCScope(others);
  if (missingOIDCClaims) grant.addOIDCClaims([...missingOIDCClaims]);
  for (const [resource, scopes] of Object.entries(missingResourceScopes)) grant.addResourceScope(resource, [...scopes]);
  const granted = new Set(grant.rar?.map((detail) => JSON.stringify(detail)));
  for (const detail of rar) if (!granted.has(JSON.stringify(detail))) grant.addRar(detail);
  if (grant.rar && grant.rar.length > remembered) grant.rar = grant.rar.slice(-remembered);
  return grant.save();
}
