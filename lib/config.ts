import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import type { z } from 'zod';

import { explain, type Finding } from './config/explain.ts';
import { resolveFiles } from './config/files.ts';
import { references } from './config/json_schema.ts';
import { crossFindings } from './config/rules.ts';
import { schema } from './config/schema.ts';
import { override, type Path, type Place, place, readSource, type Source } from './config/source.ts';
import { ConfigError, type Problem, type Violation } from './errors.ts';

export { jsonSchema } from './config/json_schema.ts';
export { schema } from './config/schema.ts';

type Parsed = z.output<typeof schema>;

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
  /** What `${NAME}` reads; the process's environment by default. */
  readonly env?: NodeJS.ProcessEnv;
}

/** The files a configuration came from, by the path they are grafted in at. */
type Sources = readonly (readonly [at: Path, source: Source])[];

const origins = new WeakMap<Config, Sources>();

/**
 * Reads a configuration file, whole or not at all.
 *
 * @throws {ConfigError} with every problem of the file and of the files it names.
 */
export async function loadConfig(file: string, { set = [], env = process.env }: LoadOptions = {}): Promise<Config> {
  const main = await open(file, env);
  for (const assignment of set) override(main, assignment);
  const sources: (readonly [Path, Source])[] = [[[], main]];
  const data = main.document.errors.length > 0 ? {} : (main.document.toJS() ?? {});
  for (const reference of references) await graft(data, reference, file, env, sources);

  const findings: Finding[] = [];
  if (main.document.errors.length === 0)
    findings.push(...(await resolveFiles(data, dirname(file))), ...crossFindings(data));
  const parsed = parse(data, sources);
  if (parsed.error && main.document.errors.length === 0) findings.push(...explain(parsed.error.issues, data));
  const problems = [...sources.flatMap(([, { problems }]) => problems), ...toProblems(sources, findings)];
  if (problems.length > 0 || !parsed.data) throw new ConfigError(inOrder(problems));

  const config = complete(parsed.data);
  origins.set(config, sources);
  return config;
}

/** Where a path of a loaded configuration stands: what the file leaves out stands where its nearest parent does. */
export function locate(config: Config, path: Path): Place {
  const sources = origins.get(config);
  if (!sources) throw new TypeError('only a configuration that loadConfig has made can be located');
  return locateIn(sources, path);
}

/** What a profile finds in a loaded configuration, as problems of its file. */
export function violationProblems(config: Config, violations: readonly Violation[]): Problem[] {
  return toProblems(
    origins.get(config) ?? [],
    violations.map((violation) => ({ path: [], ...violation })),
  );
}

async function open(file: string, env: NodeJS.ProcessEnv): Promise<Source> {
  try {
    return readSource(file, await readFile(file, 'utf8'), env);
  } catch (error) {
    const text = `cannot be read (${(error as NodeJS.ErrnoException).code ?? error}), write the name of a YAML file`;
    throw new ConfigError([{ file, line: 1, column: 1, key: '', text }]);
  }
}

/** Puts what a referenced file holds in the place of its name. */
async function graft(
  data: Record<string, unknown>,
  reference: Path,
  file: string,
  env: NodeJS.ProcessEnv,
  sources: (readonly [Path, Source])[],
): Promise<void> {
  const name = reference.at(-1) as string;
  const parent = reference.slice(0, -1).reduce<unknown>((node, step) => (node as never)?.[step as never], data);
  const written = (parent as Record<string, unknown> | null | undefined)?.[name];
  if (typeof written !== 'string') return;
  try {
    const source = await open(resolve(dirname(file), written), env);
    (parent as Record<string, unknown>)[name] = source.document.errors.length > 0 ? undefined : source.document.toJS();
    sources.push([reference, source]);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    (parent as Record<string, unknown>)[name] = undefined;
    sources[0]?.[1].problems.push(
      ...toProblems(
        sources,
        error.problems.map(({ file, text }) => ({ path: reference, text: `${file} ${text}` })),
      ),
    );
  }
}

/** A key such as `password: ${SECRET}` is text even where the secret looks like a number. */
function parse(data: Record<string, unknown>, sources: Sources) {
  const parsed = schema.safeParse(data);
  let retry = false;
  for (const issue of parsed.error?.issues ?? []) {
    if (issue.code !== 'invalid_type' || issue.expected !== 'string') continue;
    const [at, source] = sourceOf(sources, issue.path as Path);
    const text = source.texts.get(issue.path.slice(at.length).join('.'));
    const parent = issue.path.slice(0, -1).reduce<unknown>((node, step) => (node as never)?.[step as never], data);
    if (text === undefined || typeof parent !== 'object') continue;
    (parent as Record<PropertyKey, unknown>)[issue.path.at(-1) as PropertyKey] = text;
    retry = true;
  }
  return retry ? schema.safeParse(data) : parsed;
}

function sourceOf(sources: Sources, path: Path): Sources[number] {
  const holding = sources.filter(([at]) => at.every((step, index) => step === path[index]) && path.length > at.length);
  const found = holding.at(-1) ?? sources[0];
  if (!found) throw new TypeError('no source');
  return found;
}

function locateIn(sources: Sources, path: Path): Place {
  const [at, source] = sourceOf(sources, path);
  return place(source, path.slice(at.length));
}

function toProblems(sources: Sources, findings: readonly Finding[]): Problem[] {
  return findings.map(({ path, ...finding }) => ({ ...locateIn(sources, path), key: path.join('.'), ...finding }));
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
}

/** The defaults that follow from other keys. */
function complete(parsed: Parsed): Config {
  const { issuer, profile, mtls, database } = parsed;
  const every = { signed_request_object: true, jarm: true, signed_introspection: true };
  // Anyone can compute this key: it keeps development one line long, and no other configuration gets past the rules without keys.
  const preset = createHash('sha256').update(`development ${issuer}`).digest('base64url');
  const port = mtls?.port === undefined || mtls.port === 443 ? '' : `:${mtls.port}`;
  return Object.freeze({
    ...parsed,
    message_signing: profile === 'fapi2-message-signing' ? (parsed.message_signing ?? every) : undefined,
    database: { ...database, encryption_keys: database.encryption_keys ?? [preset] },
    mtls: mtls && { ...mtls, url: mtls.url ?? `https://${mtls.host ?? new URL(issuer).hostname}${port}` },
  });
}
