import type { Asked } from './consent.ts';

/** What a deployment's own scopes, claims and types of authorization details mean, in words a person understands. */
export interface Words {
  readonly scopes?: Readonly<Record<string, string>>;
  readonly claims?: Readonly<Record<string, string>>;
  readonly authorization_details?: Readonly<Record<string, string>>;
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

/** @see [OpenID Connect Core section 5.4](https://openid.net/specs/openid-connect-core-1_0.html#ScopeClaims) */
const scopes: Words['scopes'] = {
  openid: 'Recognise you when you come back',
  profile: 'See your name and profile',
  email: 'See your email address',
  address: 'See your postal address',
  phone: 'See your phone number',
  offline_access: 'Keep this access while you are away',
};

/** @see [OpenID Connect Core section 5.1](https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims) */
const claims: Words['claims'] = {
  name: 'full name',
  given_name: 'first name',
  family_name: 'last name',
  preferred_username: 'user name',
  picture: 'profile picture',
  email_verified: 'whether your email address was verified',
  birthdate: 'date of birth',
  zoneinfo: 'time zone',
  locale: 'language',
  phone_number_verified: 'whether your phone number was verified',
  address: 'postal address',
  updated_at: 'when your details last changed',
};

const own = (words: Readonly<Record<string, string>> | undefined, name: string) =>
  words && Object.hasOwn(words, name) ? words[name] : undefined;

/** `instructedAmount`, `debtor_account` and `iban` as a person would write them. */
export function spoken(name: string): string {
  if (/^(iban|bban|bic|lei|id|uri|url)$/i.test(name)) return name.toUpperCase();
  const words = name
    .replace(/[_-]+/g, ' ')
    .replace(/([a-z\d])([A-Z])/g, (_, end: string, start: string) => `${end} ${start.toLowerCase()}`)
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What has no words of its own goes by its name, which stands beside it where that is another. */
function named(name: string): Item {
  const text = spoken(name);
  return { text, detail: text.toLowerCase() === name.toLowerCase() ? undefined : name };
}

function scopeItem(scope: string, words: Words): Item {
  const text = own(words.scopes, scope) ?? own(scopes, scope);
  return text ? { text } : named(scope);
}

/** `{ currency, amount }`, as every payment interface writes money. */
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

function claimsItem(names: readonly string[], words: Words): Item {
  const spelled = names.map((name) => own(words.claims, name) ?? own(claims, name) ?? spoken(name).toLowerCase());
  return { text: 'See these details about you', detail: spelled.join(', ') };
}

/**
 * What a client asks for, in words.
 *
 * @see [FAPI2-SP-FINAL-5.3.2.2-13](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.2)
 */
export function askedInWords(asked: Asked, requestedScope: string, words: Words = {}): Group[] {
  const { missingOIDCScope = [], missingOIDCClaims = [], missingResourceScopes = {} } = asked;
  // What lasts is said last.
  const scopesInOrder = [...missingOIDCScope].sort(
    (a, b) => Number(a === 'offline_access') - Number(b === 'offline_access'),
  );
  const groups: Group[] = [
    ...Object.entries(missingResourceScopes).map(([resource, names]) => ({
      heading: `At ${resource}`,
      items: names.map((scope) => scopeItem(scope, words)),
    })),
    {
      items: [
        ...(missingOIDCClaims.length > 0 ? [claimsItem(missingOIDCClaims, words)] : []),
        ...scopesInOrder.map((scope) => scopeItem(scope, words)),
      ],
    },
  ].filter(({ items }) => items.length > 0);
  if (groups.length > 0) return groups;
  const before = requestedScope.split(' ').filter(Boolean);
  return [{ heading: 'You have allowed this before', items: before.map((scope) => scopeItem(scope, words)) }];
}
