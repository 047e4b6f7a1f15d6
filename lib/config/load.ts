import { createHash } from 'node:crypto';
import { dirname } from 'node:path';

import type { z } from 'zod';
import { ConfigError, type Problem, type Violation } from '../errors.ts';
import { bareHost, urlHost } from '../http/address.ts';
import { filePath } from '../settings.ts';
import { explain, type KeyFault, leaves } from './explain.ts';
import { namedFiles, resolveFiles } from './files.ts';
import { at, type Path, put } from './path.ts';
import { crossFindings } from './rules.ts';
import { schema } from './schema.ts';
import type { Place } from './source.ts';
import { Sources } from './sources.ts';

export { jsonSchema } from './json_schema.ts';
export { schema } from './schema.ts';

/** The schema's output. */
export type Parsed = z.output<typeof schema>;

/** A valid configuration: every default filled in, every file name absolute, every referenced list read. */
export type Config = Readonly<
  Omit<Parsed, 'database' | 'mtls'> & {
    database: Parsed['database'] & { encryption_keys: string[] };
    mtls?: (NonNullable<Parsed['mtls']> & { url: string }) | undefined;
  }
>;

export interface LoadOptions {
  /** Overrides as the command line gives them: `path=value`. */
  readonly set?: readonly string[];
  /** Variables that `${NAME}` reads; the process's environment by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** Finds what is outside the profile: reported in the same run, also beside problems of the file itself. */
  readonly judge?: (config: Config) => readonly Violation[] | Promise<readonly Violation[]>;
}

interface Origin {
  readonly sources: Sources;
  again(): Promise<Config>;
}

const origins = new WeakMap<Config, Origin>();

/**
 * Reads a configuration file, whole or not at all.
 *
 * @param file its path; files it names are relative to it.
 * @param options `set` are overrides as on the command line, `env` what `${NAME}` reads.
 * @throws {ConfigError} with every problem of the file and of the files it names.
 */
export async function loadConfig(file: string, options: LoadOptions = {}): Promise<Config> {
  const { set = [], env = process.env, judge } = options;
  const sources = await Sources.read(file, set, env);
  if (!sources.readable) throw new ConfigError(inOrder(sources.problems));

  const { data } = sources;
  const findings = [...(await resolveFiles(data, dirname(file))), ...crossFindings(data)];
  const { issues, parsed } = parse(sources);
  findings.push(...explain(issues, data));
  const config = parsed && complete(parsed);
  if (config && judge) findings.push(...unreported(await judge(withoutTwins(config)), findings));

  const found = findings.map((finding) => sources.problem(finding));
  const problems = [...sources.problems, ...found.filter(({ line, key }) => !unset(sources.problems, line, key))];
  if (problems.length > 0 || !config) throw new ConfigError(inOrder(problems), config?.profile);
  origins.set(config, { sources, again: () => loadConfig(file, options) });
  return config;
}

/** Line and column of a path of a loaded configuration; a key the file leaves out has those of its nearest parent. */
export function locate(config: Config, path: Path): Place {
  return originOf(config).sources.locate(path);
}

/**
 * Reads the file of a configuration again, as it was read.
 *
 * @throws {ConfigError} with every problem of the file as it is now.
 */
export function rereadConfig(config: Config): Promise<Config> {
  return originOf(config).again();
}

/** Every file a configuration was read from, or names; modules are left out, as Node loads a module once. */
export function filesOf(config: Config): string[] {
  return [...new Set([...originOf(config).sources.files, ...namedFiles(config)])];
}

/** The file a configuration was read from; `undefined` for one made otherwise. */
export const fileOf = (config: Config): string | undefined => origins.get(config)?.sources.files[0];

/** A configuration of the same file, of which some values are others. */
export function withValues(config: Config, values: readonly (readonly [path: Path, value: unknown])[]): Config {
  const copy = structuredClone(config);
  for (const [path, value] of values) put(copy, path, value);
  origins.set(copy, originOf(config));
  return copy;
}

/** Turns violations found in a loaded configuration into problems of its file. */
export function violationProblems(config: Config, violations: readonly Violation[]): Problem[] {
  return inOrder(violations.map((violation) => originOf(config).sources.problem(inFile(violation))));
}

const inFile = ({ path = [], ...violation }: Violation): KeyFault => ({ path: filePath(schema, path), ...violation });

function originOf(config: Config): Origin {
  const origin = origins.get(config);
  if (!origin) throw new TypeError('only a configuration made by loadConfig knows where it stands');
  return origin;
}

/**
 * Parses the sources: every issue of the schema, and the configuration without what is at fault, so that a profile can
 * judge the rest.
 */
function parse(sources: Sources): { issues: z.core.$ZodIssue[]; parsed: Parsed | undefined } {
  const { data } = sources;
  let { error, data: parsed } = schema.safeParse(data);
  // Where text is wanted, a value is what was written: 007, +46701234567, and a secret that looks like a number.
  // Again, as some rules of an object are only asked when its members are right.
  for (let round = 0; error && round < 3; round += 1) {
    for (const { path, issue } of leaves(error.issues)) {
      const text = issue.code === 'invalid_type' && issue.expected === 'string' ? sources.textAt(path) : undefined;
      if (text !== undefined) put(data, path, text);
    }
    ({ error, data: parsed } = schema.safeParse(data));
  }
  const issues = error?.issues ?? [];
  const rest = structuredClone(data);
  for (let round = 0; error && round < 3; round += 1) {
    for (const issue of error.issues) remove(rest, issue);
    ({ error, data: parsed } = schema.safeParse(rest));
  }
  return { issues, parsed };
}

function remove(data: Record<string, unknown>, issue: z.core.$ZodIssue): void {
  const path = issue.path as Path;
  const holder = at(data, path);
  if (issue.code === 'unrecognized_keys' && holder)
    for (const key of issue.keys) delete (holder as Record<string, unknown>)[key];
  // Items of a list stay where they are, or what is said about the others would point to the wrong lines.
  else if (path[0] === 'issuer') put(data, path, 'https://issuer.invalid');
  else put(data, path.slice(0, path.findLastIndex((step) => typeof step === 'string') + 1), undefined);
}

/** Gives clients that stand twice names of their own for the judgement: core would refuse the whole list. */
function withoutTwins(config: Config): Config {
  const ids = new Set<unknown>();
  const clients = config.clients.map((client, index) =>
    ids.size < ids.add(client.client_id).size ? client : { ...client, client_id: `${client.client_id} (${index})` },
  );
  return { ...config, clients };
}

/**
 * Leaves out violations of keys that a finding is about already: of a value that is wrong by itself, the profile has
 * nothing to say.
 */
function unreported(violations: readonly Violation[], findings: readonly KeyFault[]): KeyFault[] {
  const names = findings.map(({ path }) => `${path.join('.')}.`);
  return violations.map(inFile).filter(({ path }) => {
    const own = `${path.join('.')}.`;
    return !names.some((name) => own.startsWith(name) || (path.length > 0 && name.startsWith(own)));
  });
}

/**
 * True where a variable of this line is not set: the value is then wrong for further reasons, which are not reported.
 */
function unset(problems: readonly Problem[], line: number, key: string): boolean {
  return problems.some((problem) => problem.line === line && problem.key === key);
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
}

// No secret: it spares development a line, and without development the rules demand real keys.
const developmentKey = createHash('sha256').update('development').digest('base64url');

/** The defaults that follow from other keys. */
function complete(parsed: Parsed): Config {
  const { issuer, profile, mtls, database } = parsed;
  const every = { signed_request_object: true, jarm: true, signed_introspection: true };
  const port = mtls?.port === undefined || mtls.port === 443 ? '' : `:${mtls.port}`;
  return Object.freeze({
    ...parsed,
    message_signing: profile === 'fapi2-message-signing' ? (parsed.message_signing ?? every) : undefined,
    database: { ...database, encryption_keys: database.encryption_keys ?? [developmentKey] },
    mtls: mtls && {
      ...mtls,
      url: mtls.url ?? `https://${urlHost(bareHost(mtls.host ?? new URL(issuer).hostname))}${port}`,
    },
  });
}
