import { hasList, hasMember, type JsonSchema } from './detail_schema.ts';

/** A text in one language, or one for each language tag (BCP 47). */
export type Localized = string | Readonly<Record<string, string>>;

/** How a type of authorization details is shown to the person who consents. */
export interface DetailWords {
  /** One line: what is allowed. Members stand in braces: `Pay {instructedAmount | money} to {creditorName}`. */
  readonly title: Localized;
  /** Rows below it. A row whose members are all absent is left out. */
  readonly fields?: readonly { readonly label: Localized; readonly value: Localized }[] | undefined;
  /** A list among the members, whose entries the person may leave out one by one. */
  readonly choose?: string | undefined;
  /** How one of these entries reads; its members stand in braces. */
  readonly each?: Localized | undefined;
  /** Values that have a meaning, `read_balances` for example, in words. */
  readonly values?: Readonly<Record<string, Localized>> | undefined;
}

type Format = (value: unknown, language: string, sibling: (path: string) => unknown, argument?: string) => string;

const decimal = /^-?\d{1,30}(\.\d{1,12})?$/;

/**
 * An amount of money as a person reads it. It is never rounded: it has as many digits as were sent, and no fewer than
 * the currency has.
 */
function inCurrency(amount: unknown, currency: unknown, language: string): string {
  const digits = `${amount}`.split('.')[1]?.length ?? 0;
  if (!decimal.test(`${amount}`) || typeof currency !== 'string') return [amount, currency].filter(Boolean).join(' ');
  try {
    const { maximumFractionDigits: usual = 2 } = new Intl.NumberFormat(language, {
      style: 'currency',
      currency,
    }).resolvedOptions();
    const exact = { style: 'currency', currency, maximumFractionDigits: Math.max(usual, digits) } as const;
    return new Intl.NumberFormat(language, exact).format(`${amount}` as Intl.StringNumericLiteral);
  } catch {
    return `${amount} ${currency}`;
  }
}

function moment(value: unknown, language: string, options: Intl.DateTimeFormatOptions): string {
  const date = new Date(`${value}`);
  if (Number.isNaN(date.getTime())) return `${value}`;
  return new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' }).format(date);
}

const formats: Readonly<Record<string, Format>> = {
  money(value, language, sibling, argument) {
    if (argument !== undefined) return inCurrency(value, sibling(argument), language);
    const { amount, value: number, currency } = (value ?? {}) as Record<string, unknown>;
    return inCurrency(amount ?? number, currency, language);
  },
  account: (value) => (`${value}`.length > 4 ? `•••• ${`${value}`.slice(-4)}` : '••••'),
  date: (value, language) => moment(value, language, { dateStyle: 'long' }),
  time: (value, language) =>
    moment(value, language, {
      year: 'numeric',
      month: 'long',
      day: 'numeric',
      hour: 'numeric',
      minute: '2-digit',
      timeZoneName: 'short',
    }),
  number: (value, language) => (typeof value === 'number' ? new Intl.NumberFormat(language).format(value) : `${value}`),
};

const placeholder = /\{\s*([^{}|]*?)\s*(?:\|\s*([^{}:]*?)\s*(?::\s*([^{}]*?)\s*)?)?\}/g;

/** Reads the value of a member; `undefined` when it is absent. */
type Read = (path: string) => unknown;

/** The value at a dotted path; a list on the way stands for the members of its entries. */
export function memberOf(value: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  if (Array.isArray(value)) {
    const found = value.map((one) => memberOf(one, path)).filter((one) => one !== undefined);
    return found.length > 0 ? found.flat() : undefined;
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return memberOf((value as Record<string, unknown>)[name], rest);
}

/** The text in the language that fits best: the tag itself, its language, English, the first. */
export function inLanguage(text: Localized, language: string): string {
  if (typeof text === 'string') return text;
  const tags = Object.keys(text);
  const wanted = language.toLowerCase();
  const tag =
    tags.find((one) => one.toLowerCase() === wanted) ??
    tags.find((one) => one.toLowerCase().split('-')[0] === wanted.split('-')[0]) ??
    tags.find((one) => /^en\b/i.test(one)) ??
    tags[0];
  return (tag !== undefined && text[tag]) || '';
}

function plain(value: unknown, language: string, values: DetailWords['values']): string {
  const words = values && Object.hasOwn(values, `${value}`) ? values[`${value}`] : undefined;
  if (words !== undefined) return inLanguage(words, language);
  return typeof value === 'object' ? JSON.stringify(value) : `${value}`;
}

/** Direction marks and control characters: with them a name could turn round the amount that stands beside it. */
const unseen = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A value that stays by itself in a sentence of either direction (UAX 9, isolates). */
const isolated = (text: string): string => `\u2068${text.replace(unseen, ' ')}\u2069`;

/** A template filled in; `undefined` when it has placeholders and none of their members is there. */
export function fill(
  text: Localized,
  subject: unknown,
  language: string,
  values?: DetailWords['values'],
): string | undefined {
  const read: Read = (path) => memberOf(subject, path.split('.'));
  const template = inLanguage(text, language);
  let asked = 0;
  let found = 0;
  const filled = template.replace(placeholder, (_whole, path: string, name?: string, argument?: string) => {
    asked += 1;
    const value = read(path);
    if (value === undefined || value === null) return '';
    found += 1;
    const format = name === undefined ? undefined : formats[name];
    const one = (each: unknown) => (format ? format(each, language, read, argument) : plain(each, language, values));
    const whole = Array.isArray(value)
      ? new Intl.ListFormat(language, { type: 'unit' }).format(value.map(one))
      : one(value);
    return isolated(whole);
  });
  return asked > 0 && found === 0 ? undefined : filled;
}

function* faultsOf(text: Localized, schema: JsonSchema, base: readonly string[]): Generator<string> {
  for (const template of typeof text === 'string' ? [text] : Object.values(text)) {
    if (/[{}]/.test(template.replace(placeholder, ''))) yield 'has a brace by itself, write {member}';
    for (const [whole, path = '', name, argument] of template.matchAll(placeholder)) {
      const missing = [path, ...(argument ? [argument] : [])].find(
        (one) => !hasMember(schema, [...base, ...one.split('.')]),
      );
      if (missing !== undefined) yield `names ${missing || whole}, which the schema does not have`;
      if (name !== undefined && !Object.hasOwn(formats, name)) {
        yield `${whole} has no known format, write one of ${Object.keys(formats).join(', ')}`;
      }
    }
  }
}

/** Faults of a type's words, by the path inside them. */
export function* wordsFaults(
  { title, fields = [], choose, each }: DetailWords,
  schema: JsonSchema,
): Generator<{ readonly path: readonly (string | number)[]; readonly text: string }> {
  const at = (path: readonly (string | number)[], texts: Iterable<string>) =>
    [...texts].map((text) => ({ path, text }));
  yield* at(['title'], faultsOf(title, schema, []));
  for (const [index, { label, value }] of fields.entries()) {
    yield* at(['fields', index, 'label'], faultsOf(label, schema, []));
    yield* at(['fields', index, 'value'], faultsOf(value, schema, []));
  }
  const base = choose?.split('.') ?? [];
  if (choose !== undefined && !hasMember(schema, base)) {
    yield { path: ['choose'], text: `names ${choose}, which the schema does not have` };
  } else if (choose !== undefined && !hasList(schema, base)) {
    yield { path: ['choose'], text: `names ${choose}, which is no list of the detail, write one with type: array` };
  } else if (each !== undefined) {
    if (choose === undefined) yield { path: ['each'], text: 'stands without choose, write which list it is for' };
    else yield* at(['each'], faultsOf(each, schema, base));
  }
}

/** The members that words speak of, as dotted paths. */
export function spokenOf({ title, fields = [], choose }: DetailWords): string[] {
  const texts = [title, ...fields.map(({ value }) => value)];
  const templates = texts.flatMap((text) => (typeof text === 'string' ? [text] : Object.values(text)));
  const named = templates.flatMap((template) =>
    [...template.matchAll(placeholder)].flatMap(([, path = '', , argument]) => (argument ? [path, argument] : [path])),
  );
  return [...new Set([...named, ...(choose ? [choose] : [])])];
}
