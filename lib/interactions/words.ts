import { inLanguage, type Localized } from '../fapi/detail_words.ts';
import type { Asked } from './consent.ts';
import type { Language } from './language.ts';

/** Words for a deployment's own scopes, claims and types of authorization details, as a person understands them. */
export interface Words {
  readonly scopes?: Readonly<Record<string, Localized>> | undefined;
  readonly claims?: Readonly<Record<string, Localized>> | undefined;
  readonly authorization_details?: Readonly<Record<string, Localized>> | undefined;
}

/** One thing that is asked for. */
interface Item {
  readonly text: string;
  readonly detail?: string | undefined;
  readonly fields?: readonly (readonly [name: string, value: string])[];
}

/** Things asked for that belong together. */
export interface Group {
  readonly heading?: string;
  readonly items: readonly Item[];
}

const own = (words: Readonly<Record<string, Localized>> | undefined, name: string, tag: string) =>
  words && Object.hasOwn(words, name) ? inLanguage(words[name] ?? '', tag) : undefined;

/**
 * Turns a name of the wire into words: `instructedAmount`, `debtor_account` and `ACCOUNTS_READ` become `Instructed amount`,
 * `Debtor account` and `Accounts read`, and `iban` becomes `IBAN`.
 */
export function spoken(name: string): string {
  if (/^(iban|bban|bic|lei|id|uri|url)$/i.test(name)) return name.toUpperCase();
  const words = (/[a-z]/.test(name) ? name : name.toLowerCase())
    .replace(/[_-]+/g, ' ')
    .replace(/([a-z\d])([A-Z])/g, (_, end: string, start: string) => `${end} ${start.toLowerCase()}`)
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The words of a scope or claim that has none: its name in words, with the name beside it where they differ. */
function named(name: string): Item {
  const text = spoken(name);
  return { text, detail: text.toLowerCase() === name.toLowerCase() ? undefined : name };
}

function scopeItem(scope: string, words: Words, { tag, messages }: Language): Item {
  const text = own(words.scopes, scope, tag) ?? own(messages.scopes, scope, tag);
  return text ? { text } : named(scope);
}

/** Reads `{ currency, amount }`, as payment interfaces write money; `undefined` for any other object. */
function money(value: object): string | undefined {
  const { currency, amount, ...others } = value as { currency?: unknown; amount?: unknown };
  return typeof currency === 'string' && amount !== undefined && Object.keys(others).length === 0
    ? `${amount} ${currency}`
    : undefined;
}

/** Every member of a value, however deep, under the path that leads to it. */
export function* fieldsOf(value: unknown, path: readonly string[] = []): Generator<readonly [string, string]> {
  const list = Array.isArray(value) && value.every((one) => typeof one !== 'object') ? value.join(', ') : undefined;
  const whole = typeof value === 'object' && value !== null ? (list ?? money(value)) : String(value);
  if (whole !== undefined) yield [path.join(' › '), whole];
  else {
    for (const [name, member] of Object.entries(value as object)) {
      yield* fieldsOf(member, [...path, Array.isArray(value) ? String(Number(name) + 1) : spoken(name)]);
    }
  }
}

function claimsItem(names: readonly string[], words: Words, { tag, messages, say }: Language): Item {
  const spelled = names.map(
    (name) => own(words.claims, name, tag) ?? own(messages.claims, name, tag) ?? spoken(name).toLowerCase(),
  );
  return { text: say('see_details'), detail: spelled.join(', ') };
}

/** How long access lasts: `always` with offline_access, `session` where a refresh token ends with the session. */
export type Lasting = 'always' | 'session' | undefined;

/**
 * Says in words what a client asks for.
 *
 * @see [FAPI2-SP-FINAL-5.3.2.2-13](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.2)
 */
export function askedInWords(
  asked: Asked,
  {
    scope,
    lasting,
    language,
    words = {},
  }: { scope: string; lasting: Lasting; language: Language; words?: Words | undefined },
): Group[] {
  const { missingOIDCScope = [], missingOIDCClaims = [], missingResourceScopes = {}, account_consent: agreed } = asked;
  const claims = missingOIDCClaims.filter((name) => name !== agreed?.named_by);
  const items = (scopes: readonly string[]) =>
    scopes.filter((one) => one !== 'offline_access').map((one) => scopeItem(one, words, language));
  const groups: Group[] = [
    ...(agreed ? [{ items: items(agreed.permissions) }] : []),
    ...Object.entries(missingResourceScopes).map(([resource, names]) => ({
      heading: language.say('at_resource', { resource }),
      items: items(names),
    })),
    {
      items: [...(claims.length > 0 ? [claimsItem(claims, words, language)] : []), ...items(missingOIDCScope)],
    },
  ].filter((group) => group.items.length > 0);
  const before = { heading: language.say('allowed_before'), items: items(scope.split(' ').filter(Boolean)) };
  // What lasts is said last.
  const last = agreed
    ? { items: [{ text: untilInWords(agreed.until, language) }] }
    : lasting && { items: [{ text: lastingInWords(lasting, words, language) }] };
  return [...(groups.length > 0 ? groups : [before]), ...(last ? [last] : [])].filter(
    (group) => group.items.length > 0,
  );
}

function lastingInWords(lasting: 'always' | 'session', words: Words, { tag, say }: Language): string {
  if (lasting === 'session') return say('lasting_session');
  return own(words.scopes, 'offline_access', tag) ?? say('lasting');
}

/** The end of a consent as the person reads it. */
function untilInWords(until: number, { tag, say }: Language): string {
  const format = new Intl.DateTimeFormat(tag, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
  return say('until', { when: `${format.format(new Date(until * 1000))} UTC` });
}
