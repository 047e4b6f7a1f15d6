import type { AuthorizationDetail } from 'oidc-provider';

import type { DetailType } from '../fapi/detail_settings.ts';
import { fill, inLanguage, memberOf, spokenOf } from '../fapi/detail_words.ts';
import { short } from './render.ts';
import { fieldsOf, spoken } from './words.ts';

/** Types of authorization details by name, with the words that a person reads about them. */
export type DetailTypes = Readonly<Record<string, Pick<DetailType, 'consent'>>>;

type Row = readonly [name: string, value: string];

/** One part of a detail that a person may leave out. */
interface Choice {
  /** The value of its box in the form: `0`, or `0.2` for an entry of a list. */
  readonly value: string;
  readonly text: string;
}

/** A detail as its page shows it. */
export interface DetailView {
  readonly text: string;
  /** The wire's name of a type that has no words. */
  readonly detail?: string | undefined;
  /** Present where the person may leave the whole detail out. */
  readonly value?: string | undefined;
  readonly fields: readonly Row[];
  readonly choices: readonly Choice[];
  /** Members that the words do not speak of. */
  readonly more: readonly Row[];
  /** Number of rows that are left out, since there are too many. */
  readonly untold: number;
}

/** Rows of members without words on one page at most. */
const most = 200;
const longest = 500;

const typeOf = (types: DetailTypes, { type }: AuthorizationDetail) =>
  Object.hasOwn(types, type) ? types[type]?.consent : undefined;

/** The entries of the list that a person may choose from. */
function entriesOf(detail: AuthorizationDetail, types: DetailTypes): unknown[] {
  const choose = typeOf(types, detail)?.choose;
  const list = choose === undefined ? undefined : memberOf(detail, choose.split('.'));
  return Array.isArray(list) ? list : [];
}

/** The members that no words speak of, by the names of the wire. */
function unspoken(detail: AuthorizationDetail, spokenPaths: readonly string[]): Row[] {
  const { type: _, ...members } = detail;
  return [...fieldsOf(withoutSpoken(members, spokenPaths, ''))].map(([name, value]) => [
    short(name, longest),
    short(value, longest),
  ]);
}

function withoutSpoken(value: unknown, paths: readonly string[], at: string): unknown {
  if (Array.isArray(value)) {
    return value.map((one) => withoutSpoken(one, paths, at)).filter((one) => !isEmpty(one));
  }
  if (typeof value !== 'object' || value === null) return value;
  const left = Object.entries(value).flatMap(([name, member]) => {
    const path = at ? `${at}.${name}` : name;
    if (paths.includes(path)) return [];
    const rest = withoutSpoken(member, paths, path);
    return isEmpty(rest) && !isEmpty(member) ? [] : [[name, rest] as const];
  });
  return Object.fromEntries(left);
}

const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;

/**
 * Says what authorization details ask for, in the words of their types and the person's language; values are cut, never
 * interpreted: markup in them stays text.
 */
export function detailsInWords(
  details: readonly AuthorizationDetail[],
  types: DetailTypes,
  language: string,
  named: Readonly<Record<string, string>> = {},
): DetailView[] {
  let left = most;
  return details.map((detail, index) => {
    const words = typeOf(types, detail);
    const entries = entriesOf(detail, types);
    const choices = entries.map((entry, at) => ({
      value: `${index}.${at}`,
      text: short((words?.each && fill(words.each, entry, language, words.values)) || asText(entry), longest),
    }));
    const fields = (words?.fields ?? []).flatMap(({ label, value }): Row[] => {
      const filled = fill(value, detail, language, words?.values);
      return filled === undefined ? [] : [[inLanguage(label, language), short(filled, longest)]];
    });
    const rest = unspoken(detail, words ? spokenOf(words) : []);
    const more = rest.slice(0, left);
    left -= more.length;
    const name = Object.hasOwn(named, detail.type) ? named[detail.type] : undefined;
    return {
      text: short((words && fill(words.title, detail, language, words.values)) || name || spoken(detail.type), longest),
      detail: words || name || spoken(detail.type).toLowerCase() === detail.type ? undefined : detail.type,
      value: details.length > 1 && choices.length === 0 ? `${index}` : undefined,
      fields,
      choices,
      more,
      untold: rest.length - more.length,
    };
  });
}

const asText = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : `${value}`);

/** A copy of a detail with another list at a dotted path. */
function withList(detail: AuthorizationDetail, path: readonly string[], list: readonly unknown[]): AuthorizationDetail {
  const copy = structuredClone(detail);
  const holder = memberOf(copy, path.slice(0, -1)) as Record<string, unknown>;
  holder[path.at(-1) as string] = list;
  return copy;
}

/**
 * Keeps the pushed details that a posted form has left ticked. The form names them by their place, so that nothing else
 * can be granted by it.
 */
export function chosenDetails(
  details: readonly AuthorizationDetail[],
  form: URLSearchParams,
  types: DetailTypes,
): AuthorizationDetail[] {
  const ticked = new Set(form.getAll('detail'));
  return details.flatMap((detail, index) => {
    const entries = entriesOf(detail, types);
    if (entries.length === 0) return details.length === 1 || ticked.has(`${index}`) ? [detail] : [];
    const kept = entries.filter((_, at) => ticked.has(`${index}.${at}`));
    if (kept.length === 0) return [];
    const path = (typeOf(types, detail)?.choose ?? '').split('.');
    return [kept.length === entries.length ? detail : withList(detail, path, kept)];
  });
}
