import { type ClauseId, clauseUrl } from '../clause.ts';
import { type Config, locate } from '../config/load.ts';
import type { Problem } from '../errors.ts';
import type { HeldClause, Mechanism } from '../fapi/mechanism.ts';

/**
 * - `held`: by a mechanism, as the profile has it
 * - `tightened`: held, and a setting of the file asks for more than the profile does
 * - `not_applicable`: what it is about is not in use
 * - `violated`: by what stands at a place of the file
 */
export type ClauseStatus = 'held' | 'tightened' | 'not_applicable' | 'violated';

/** One clause of a profile, and how a configuration stands to it. */
export interface ClauseReport {
  readonly clause: ClauseId;
  readonly text: string;
  readonly url: string;
  readonly status: ClauseStatus;
  /** Name of the mechanism that holds it. */
  readonly by: string;
  /** The setting it depends on, where it stands in the file; line 0 where the default holds. */
  readonly setting?: { readonly key: string; readonly file: string; readonly line: number };
  /** Why it is not applicable, or what is wrong and what to write. */
  readonly why?: string;
}

/** The result of a check. */
export interface Report {
  readonly file: string;
  readonly issuer: string | undefined;
  readonly profile: string;
  readonly clauses: readonly ClauseReport[];
  /** Every problem, also those that no clause is about. */
  readonly problems: readonly Problem[];
}

export interface ReportInput {
  readonly file: string;
  /** Absent where the file has problems. */
  readonly config: Config | undefined;
  readonly profile: { readonly name: string; readonly mechanisms: readonly Mechanism[] };
  /** The profile with everything it can have. */
  readonly whole: { readonly mechanisms: readonly Mechanism[] };
  readonly problems: readonly Problem[];
}

const at = (data: unknown, path: readonly string[]) =>
  path.reduce<unknown>((node, step) => (node as Record<string, unknown> | undefined)?.[step], data);

/** Mechanisms that are in use only where a section of the file asks for them. */
const optional: Readonly<Record<string, string>> = {
  mtls: 'mtls is not configured',
  resources: 'resources are not configured',
  authorization_details: 'authorization_details are not configured',
  jar: 'message_signing.signed_request_object is not claimed',
  jarm: 'message_signing.jarm is not claimed',
  signed_introspection: 'message_signing.signed_introspection is not claimed',
};

/** A setting as it stands in the file, and whether it asks for more than the default does. */
function settingOf(config: Config | undefined, depends: HeldClause['setting']) {
  if (!config || !depends) return undefined;
  const path = depends.key.split('.');
  const { file, line } = locate(config, path);
  const parent = locate(config, path.slice(0, -1));
  // What the file leaves out stands where its nearest parent does.
  const isWritten = line !== parent.line || path.length === 1;
  return {
    setting: { key: depends.key, file, line: isWritten ? line : 0 },
    tightens: isWritten && depends.tightens(at(config, path)),
  };
}

/** Every clause of a profile, and how the configuration stands to it. */
export function reportOf({ file, config, profile, whole, problems }: ReportInput): Report {
  const inUse = new Set(profile.mechanisms.map(({ name }) => name));
  const mechanisms = [...profile.mechanisms, ...whole.mechanisms.filter(({ name }) => !inUse.has(name))];
  const clauses = mechanisms.flatMap(({ name, clauses }) =>
    clauses.map(({ id, text, setting: depends }): ClauseReport => {
      const about = { clause: id, text, url: clauseUrl(id), by: name };
      const wrong = problems.filter(({ clause }) => clause === id);
      if (wrong.length > 0) return { ...about, status: 'violated', why: wrong.map(worded).join('; ') };
      if (!inUse.has(name)) return { ...about, status: 'not_applicable', why: optional[name] ?? 'it is not in use' };
      const found = settingOf(config, depends);
      const status = found?.tightens ? 'tightened' : 'held';
      return { ...about, status, ...(found && { setting: found.setting }) };
    }),
  );
  return { file, issuer: config?.issuer, profile: profile.name, clauses, problems };
}

const worded = ({ file, line, column, key, text }: Problem) => `${file}:${line}:${column} ${key}: ${text}`;

/** Counts the clauses by their status. */
export function counts({ clauses }: Report): Record<ClauseStatus, number> {
  const number = { held: 0, tightened: 0, not_applicable: 0, violated: 0 };
  for (const { status } of clauses) number[status] += 1;
  return number;
}
