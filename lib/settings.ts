import type { Configuration } from 'oidc-provider';
import { z } from 'zod';

import { merge } from './merge.ts';

type Path = readonly (string | number)[];

/** Core's options that a setting concerns; `told` is true where its value is given to them as it is. */
interface Concern {
  readonly options: readonly Path[];
  readonly told: boolean;
}

// Conditional, so that a union of names, or of types, is taken member by member.
type KeyOf<T> = T extends unknown ? keyof T & string : never;
type Members<Name extends keyof Configuration> = Name extends unknown
  ? `${Name}.${KeyOf<NonNullable<Configuration[Name]>>}`
  : never;

/** The dotted name of an option of core's: a misspelt one does not compile. */
export type CoreOption =
  | (keyof Configuration & string)
  | Members<'cookies' | 'enabledJWA' | 'features' | 'interactions' | 'pkce' | 'ttl'>;

const concerns = z.registry<Concern>();

function register<S extends z.ZodType>(schema: S, options: readonly CoreOption[], told: boolean): S {
  concerns.add(schema, { options: options.map((option) => option.split('.')), told });
  return schema;
}

/**
 * Marks a setting whose value is given to options of core's as it is. Call it last: a schema's methods answer a copy.
 *
 * @param options dotted names in core's configuration, `ttl.AuthorizationCode` for example.
 */
export const toCore = <S extends z.ZodType>(schema: S, ...options: readonly CoreOption[]): S =>
  register(schema, options, true);

/** Marks a setting at which faults of these options of core's are reported; its value is not given to them. */
export const concerning = <S extends z.ZodType>(schema: S, ...options: readonly CoreOption[]): S =>
  register(schema, options, false);

function* concernsOf(schema: unknown, path: readonly string[] = []): Iterable<{ path: readonly string[] } & Concern> {
  const concern = concerns.get(schema as z.ZodType);
  if (concern) yield { path, ...concern };
  if (schema instanceof z.ZodObject) {
    for (const [name, child] of Object.entries(schema.shape)) yield* concernsOf(child, [...path, name]);
  } else if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  ) {
    yield* concernsOf(schema.unwrap(), path);
  }
}

const at = (data: unknown, path: Path) =>
  path.reduce<unknown>((node, step) => (node as Record<string, unknown> | undefined)?.[String(step)], data);

const nested = (path: Path, value: unknown): object =>
  path.reduceRight<unknown>((inner, step) => ({ [step]: inner }), value) as object;

/** Core's configuration, out of the settings that are marked `toCore`. */
export function coreConfiguration(schema: z.ZodObject, settings: unknown): Configuration {
  const layers = [...concernsOf(schema)].flatMap(({ path, options, told }) =>
    told ? options.map((option) => nested(option, at(settings, path))) : [],
  );
  return merge({}, ...layers);
}

/** The path in the file of a fault found in core's configuration; the longest option that fits counts. */
export function filePath(schema: z.ZodObject, path: Path): Path {
  const found = [...concernsOf(schema)]
    .flatMap((concern) => concern.options.map((option) => ({ option, file: concern.path })))
    .filter(({ option }) => option.every((step, index) => step === path[index]))
    .sort((a, b) => b.option.length - a.option.length)[0];
  return found ? [...found.file, ...path.slice(found.option.length)] : path;
}

/** Every default of an object of settings. */
export const presets = <S extends z.ZodObject>(schema: S): z.output<S> => schema.parse({});

/** Settings given in code, with the defaults for the others; they are judged by the clauses they stand for. */
export function filled<S extends z.ZodObject, T extends z.input<S>>(schema: S, settings: T): T & z.output<S> {
  return merge<object>(presets(schema), settings) as T & z.output<S>;
}
