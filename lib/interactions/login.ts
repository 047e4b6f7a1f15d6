import type { Interaction } from 'oidc-provider';

import { AccountLocked, type Authenticated } from '../accounts/accounts.ts';
import { HashingBusy } from '../accounts/hashing.ts';
import { reachedBy } from '../fapi/acr.ts';
import { retryAfter } from '../http/error_answer.ts';
import { seconds } from '../seconds.ts';
import { consentAfterLogin, type Step, stepOf } from './consent.ts';
import type { Language } from './language.ts';
import { short } from './render.ts';
import { type Notice, show } from './show.ts';
import { type Desk, finish, type Visit } from './visit.ts';

/**
 * True for a request that insists on an authentication that no login here reaches: the person would be asked for ever.
 *
 * @see [OpenID Connect Core section 5.5.1.1](https://openid.net/specs/openid-connect-core-1_0.html#acrSemantics)
 */
export function outOfReach({ acr }: Desk, { prompt }: Interaction): boolean {
  const { value, values } = (prompt.details.acr ?? {}) as { value?: unknown; values?: unknown[] };
  if (!prompt.reasons.some((reason) => reason === 'essential_acr' || reason === 'essential_acrs')) return false;
  return ![...(values ?? []), value].some((asked) => Object.hasOwn(acr, `${asked}`));
}

/** Says why a person who has just logged in is asked again. */
export function whyAgain({ interaction: { prompt, lastSubmission }, language }: Visit): string | undefined {
  const another = ['id_token_hint', 'claims_id_token_sub_value'].some((reason) => prompt.reasons.includes(reason));
  return lastSubmission?.login && another ? language.say('another_account') : undefined;
}

/** A waiting time in words, in whole minutes. */
function inWords(seconds: number, { tag }: Language): string {
  return new Intl.RelativeTimeFormat(tag).format(Math.ceil(seconds / 60), 'minute');
}

/** The reason why nobody was let in, and its event in the trail. */
type Refused = Notice & { readonly wait?: number; readonly event?: 'login.refused' | 'login.limited' };

/** Compares a posted login and password. Answers who logged in, or the reason to show where nobody did. */
async function judged(
  { accounts, attempts }: Desk,
  { ctx, language }: Visit,
  login: string,
  password: string,
): Promise<Authenticated | Refused> {
  const { say } = language;
  if (!login.trim() || !password) return { status: 422, alert: say('enter_both') };
  try {
    const attempt = await attempts.make(login, ctx.ip, () => accounts.authenticate(login, password));
    if ('wait' in attempt) {
      const { wait } = attempt;
      return { status: 429, alert: say('too_many', { when: inWords(wait, language) }), wait, event: 'login.limited' };
    }
    const { result } = attempt;
    if (result === undefined) return { status: 422, alert: say('wrong'), event: 'login.refused' };
    return typeof result === 'string' ? { sub: result, amr: ['pwd'] } : result;
  } catch (error) {
    if (error instanceof AccountLocked) return { status: 403, alert: say('locked'), event: 'login.refused' };
    if (!(error instanceof HashingBusy)) throw error;
    return { status: 503, alert: say('busy'), wait: error.retryAfter };
  }
}

/** Answers a posted login and password. */
export async function logIn(desk: Desk, visit: Visit, step: Step, form: URLSearchParams): Promise<void> {
  const { ctx, interaction } = visit;
  const [login, password] = [form.get('login') ?? '', form.get('password') ?? ''];
  const verdict = await judged(desk, visit, login, password);
  if (!('sub' in verdict)) {
    const { event } = verdict;
    const occurrence = { event, client: visit.client.clientId };
    if (event) desk.provider.emit('occurred', ctx, occurrence);
    if (verdict.wait !== undefined) ctx.set(retryAfter(verdict.wait));
    return show(desk, visit, step, { ...verdict, login });
  }
  const { sub: accountId } = verdict;
  const amr = [...verdict.amr];
  const remember = form.get('remember') === 'yes';
  const acr = reachedBy(desk.acr, amr).at(-1);
  const result = { login: { accountId, ts: seconds(), amr, acr, login: short(login), remember } };
  if (!consentAfterLogin(interaction, accountId)) return finish(visit, result);
  // Kept with the interaction, not with the browser: the decision that follows is this person's and no other's.
  interaction.result = result;
  await interaction.persist();
  show(desk, visit, stepOf(interaction));
}
