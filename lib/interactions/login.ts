import type { Interaction } from 'oidc-provider';
import { seconds } from '../seconds.ts';
import { consentAfterLogin, type Step, stepOf } from './consent.ts';
import { short } from './render.ts';
import { show } from './show.ts';
import { type Desk, finish, type Visit } from './visit.ts';

/**
 * Whether the request insists on an authentication no password reaches; to ask for one would be to ask for ever.
 *
 * @see [OpenID Connect Core section 5.5.1.1](https://openid.net/specs/openid-connect-core-1_0.html#acrSemantics)
 */
export function outOfReach({ acr }: Desk, { prompt }: Interaction): boolean {
  const { value, values } = (prompt.details.acr ?? {}) as { value?: unknown; values?: unknown[] };
  if (prompt.reasons.includes('essential_acrs')) return !values?.includes(acr);
  return prompt.reasons.includes('essential_acr') && value !== acr;
}

/** Says why a person who has just logged in is asked again. */
export function whyAgain({ prompt, lastSubmission }: Interaction): string | undefined {
  const another = ['id_token_hint', 'claims_id_token_sub_value'].some((reason) => prompt.reasons.includes(reason));
  return lastSubmission?.login && another
    ? 'The application asks for another account than the one you signed in with.'
    : undefined;
}

/** Waiting times as one tells them. */
function inWords(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? 'in a minute' : `in ${minutes} minutes`;
}

/** Looks at a posted login and password. */
export async function logIn(desk: Desk, visit: Visit, step: Step, form: URLSearchParams): Promise<void> {
  const { ctx, interaction } = visit;
  const { accounts, attempts, acr } = desk;
  const [login, password] = [form.get('login') ?? '', form.get('password') ?? ''];
  if (!login.trim() || !password) {
    return show(desk, visit, step, { status: 422, alert: 'Enter your login and your password.', login });
  }
  const attempt = await attempts.make(login, ctx.ip, () => accounts.authenticate(login, password));
  if ('wait' in attempt) {
    const { wait } = attempt;
    ctx.set('retry-after', String(wait));
    return show(desk, visit, step, { status: 429, alert: `Too many attempts. Try again ${inWords(wait)}.`, login });
  }
  const { result: accountId } = attempt;
  if (!accountId) return show(desk, visit, step, { status: 422, alert: 'Login or password is wrong.', login });
  const result = { login: { accountId, ts: seconds(), amr: ['pwd'], acr, login: short(login) } };
  if (!consentAfterLogin(interaction, accountId)) return finish(visit, result);
  // Kept with the interaction, not with the browser: the decision that follows is this person's and no other's.
  interaction.result = result;
  await interaction.persist();
  show(desk, visit, stepOf(interaction));
}
