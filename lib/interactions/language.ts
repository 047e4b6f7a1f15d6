import type { Context } from 'koa';

import { de } from './messages/de.ts';
import { en, type Messages } from './messages/en.ts';

type Texts = Readonly<Record<string, string>>;

/** The name of a text. */
export type MessageKey = { [K in keyof Messages]: Messages[K] extends string ? K : never }[keyof Messages];

/** Texts by language tag that a deployment adds, or has instead of ours. */
export type OwnMessages = Readonly<Record<string, { readonly [K in keyof Messages]?: Messages[K] | undefined }>>;

/** A language a page is in. */
export interface Language {
  /** As it was asked for: `de-CH` where the texts are those of `de`. */
  readonly tag: string;
  readonly direction: 'ltr' | 'rtl';
  readonly messages: Messages;
  /** A text with its values in the place of their names. */
  say(key: MessageKey, values?: Texts): string;
}

/**
 * Languages that are written from right to left.
 *
 * @see [UAX 9 - Unicode Bidirectional Algorithm](https://www.unicode.org/reports/tr9/)
 */
const rightToLeft = new Set(['ar', 'ckb', 'dv', 'fa', 'he', 'iw', 'ps', 'sd', 'ug', 'ur', 'yi']);

/** Lists the texts that are missing in a language a deployment adds, where we have none of it. */
export function missingMessages(tag: string, own: OwnMessages[string]): string[] {
  if (Object.hasOwn(shipped, tag)) return [];
  return Object.keys(en).filter((key) => own[key as keyof Messages] === undefined);
}

const valuesOf = (text: unknown) =>
  typeof text === 'string' ? [...text.matchAll(/\{(\w+)\}/g)].map(([name]) => name) : [];

/** Lists values in a deployment's texts that are not known, by the key of the text. */
export function unknownValues(own: OwnMessages[string]): [key: string, fault: string][] {
  return Object.entries(own).flatMap(([key, text]): [string, string][] => {
    const known = valuesOf(en[key as keyof Messages]);
    const unknown = valuesOf(text).find((name) => !known.includes(name));
    const fault = `has ${unknown} in it, which is not filled in, write ${known.join(', ') || 'none'}`;
    return unknown === undefined ? [] : [[key, fault]];
  });
}

const shipped: Readonly<Record<string, Messages>> = { en, de };

function merged(tag: string, own: OwnMessages[string] = {}): Messages {
  const base = shipped[tag] ?? en;
  const { scopes, claims, ...texts } = own;
  const written = Object.entries(texts).filter(([, text]) => text !== undefined);
  return {
    ...base,
    ...Object.fromEntries(written),
    scopes: { ...base.scopes, ...scopes },
    claims: { ...base.claims, ...claims },
  };
}

/** Puts values in the place of their names. */
export function filled(text: string, values: Texts): string {
  return text.replace(/\{(\w+)\}/g, (name, key: string) => (Object.hasOwn(values, key) ? (values[key] ?? '') : name));
}

function language(tag: string, messages: Messages): Language {
  const [primary = ''] = tag.toLowerCase().split('-');
  return {
    tag,
    direction: rightToLeft.has(primary) ? 'rtl' : 'ltr',
    messages,
    say: (key, values = {}) => filled(messages[key], values),
  };
}

/** Chooses among the languages there are; the first one where none of them is asked for. */
export type Choose = (ctx: Context, locales?: unknown) => Language;

const wellFormed = /^[a-z]{2,3}(-[a-z0-9]{1,8}){0,4}$/i;

/**
 * Makes the choice among English, German, and what a deployment adds: by the request's `ui_locales`, in their order,
 * then by Accept-Language.
 *
 * @see [OpenID Connect Core section 3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest)
 */
export function languages(own: OwnMessages = {}): Choose {
  const all = new Map(
    [...new Set([...Object.keys(shipped), ...Object.keys(own)])].map((tag) => [
      tag.toLowerCase(),
      language(tag, merged(tag, own[tag])),
    ]),
  );
  const known = (tag: string): Language | undefined => {
    const wanted = tag.toLowerCase();
    const found = all.get(wanted) ?? all.get(wanted.split('-')[0] ?? '');
    return found && { ...found, tag };
  };
  return (ctx, locales) => {
    for (const tag of `${locales ?? ''}`.slice(0, 256).split(' ')) {
      const asked = wellFormed.test(tag) ? known(tag) : undefined;
      if (asked) return asked;
    }
    const accepted = ctx.acceptsLanguages([...all.keys()]);
    return known(accepted || 'en') as Language;
  };
}
