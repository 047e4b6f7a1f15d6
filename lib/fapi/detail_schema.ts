import { createRequire } from 'node:module';

import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';

import { memberName } from './detail_bounds.ts';

const load = createRequire(import.meta.url);

/** JSON Schema, 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const maps = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];
const lists = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const singles = ['items', 'additionalProperties', 'contains', 'not', 'if', 'then', 'else'];
/** Keywords whose schemas speak of the same value as the schema they stand in. */
const inPlace = ['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas', '$defs', 'definitions'];
const composing = ['properties', 'patternProperties', '$ref', 'allOf', 'anyOf', 'oneOf'];

/**
 * A schema that takes no member it does not name, unless it says `additionalProperties` or `unevaluatedProperties`
 * itself: RFC 9396 section 5 has unknown members refused, JSON Schema by itself lets them pass.
 */
function closed(schema: JsonSchema, open = false): JsonSchema {
  const inner = (key: string, value: unknown) => (isSchema(value) ? closed(value, inPlace.includes(key)) : value);
  const copy: Record<string, unknown> = { ...schema };
  for (const key of maps) {
    const map = schema[key];
    if (isSchema(map))
      copy[key] = Object.fromEntries(Object.entries(map).map(([name, one]) => [name, inner(key, one)]));
  }
  for (const key of lists) {
    const list = schema[key];
    if (Array.isArray(list)) copy[key] = list.map((one) => inner(key, one));
  }
  for (const key of singles) if (isSchema(schema[key])) copy[key] = inner(key, schema[key]);
  const says = 'additionalProperties' in schema || 'unevaluatedProperties' in schema;
  if (!open && !says && composing.some((key) => key in schema)) copy.unevaluatedProperties = false;
  return copy;
}

/** The schema of a type's details: an object whose `type` is the type's name. */
function whole(type: string, schema: JsonSchema): JsonSchema {
  const properties = isSchema(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  return {
    ...closed({ ...schema, type: 'object', properties: { type: { const: type }, ...properties } }),
    required: [...new Set(['type', ...required])],
  };
}

/** Says what is wrong with a member, as an error description may: no quotes, no backslash, no value of the client's. */
function ruleOf({ keyword, params, message = 'is not valid' }: ErrorObject): string {
  const { additionalProperty, unevaluatedProperty, missingProperty, allowedValues, allowedValue } = params;
  const unknown = additionalProperty ?? unevaluatedProperty;
  if (unknown !== undefined) return `has a member that is not known: ${memberName([unknown])}`;
  if (missingProperty !== undefined) return `must have a member ${memberName([missingProperty])}`;
  if (allowedValues !== undefined) return `must be one of ${allowedValues.join(', ')}`;
  if (allowedValue !== undefined) return `must be ${allowedValue}`;
  return `${message} (${keyword})`.replace(/"/g, "'").replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?');
}

const pathOf = (pointer: string): (string | number)[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));

/** The first rule a detail breaks, with the member that breaks it; `undefined` when it breaks none. */
export type Judge = (detail: unknown) => string | undefined;

/**
 * Compiles a type's JSON Schema (2020-12, with ajv-formats), once, at boot. The compiler is loaded here, since most
 * providers have no schema; it is CommonJS, so it can be without waiting.
 *
 * @throws {Error} what is wrong with the schema.
 */
export function compileSchema(type: string, schema: JsonSchema): Judge {
  if (!isSchema(schema)) throw new Error('is no JSON Schema, write a map with properties');
  // Of `strict` remains what finds a misspelt keyword: the rest forbids schemas that are right.
  const { Ajv2020 } = load('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js');
  const addFormats = load('ajv-formats') as typeof import('ajv-formats');
  const ajv = new Ajv2020({ strictTypes: false, strictRequired: false, strictTuples: false, logger: false });
  addFormats.default(ajv);
  let validate: ValidateFunction;
  try {
    if (!ajv.validateSchema(schema)) throw new Error(ajv.errorsText(ajv.errors, { dataVar: 'schema' }));
    if (![undefined, 'object'].includes(schema.type as string | undefined)) throw new Error('its type must be object');
    validate = ajv.compile(whole(type, schema));
  } catch (error) {
    throw new Error(`is no JSON Schema: ${(error as Error).message.replace(/^schema is invalid: /, '')}`);
  }
  return function judge(detail) {
    if (validate(detail)) return undefined;
    const [first] = validate.errors ?? [];
    if (!first) return 'is not valid';
    const member = memberName(pathOf(first.instancePath));
    return `${member ? `${member} ` : ''}${ruleOf(first)}`;
  };
}

/** The schemas a schema stands for: itself, and what its references and combinations add. */
function* parts(schema: unknown, root: JsonSchema, seen = new Set<unknown>()): Generator<JsonSchema> {
  if (!isSchema(schema) || seen.has(schema)) return;
  seen.add(schema);
  yield schema;
  const { $ref } = schema;
  if (typeof $ref === 'string' && $ref.startsWith('#')) {
    const target = pathOf($ref.slice(1)).reduce<unknown>(
      (node, step) => (isSchema(node) ? node[step] : undefined),
      root,
    );
    yield* parts($ref === '#' ? root : target, root, seen);
  }
  for (const key of ['allOf', 'anyOf', 'oneOf', 'then', 'else', 'if']) {
    for (const one of [schema[key]].flat()) yield* parts(one, root, seen);
  }
}

/** True when a schema knows a member by this path; lists are stepped through, `accounts.iban` is each account's. */
export function hasMember(schema: JsonSchema, path: readonly string[], root: JsonSchema = schema): boolean {
  const [name, ...rest] = path;
  if (name === undefined) return true;
  return [...parts(schema, root)].some((part) => {
    const member = isSchema(part.properties) ? part.properties[name] : undefined;
    if (member !== undefined && (rest.length === 0 || (isSchema(member) && hasMember(member, rest, root)))) return true;
    return isSchema(part.items) && hasMember(part.items, path, root);
  });
}

/** True where a path leads to a list through objects alone: an entry of such a list is in one place of a detail. */
export function hasList(schema: JsonSchema, path: readonly string[], root: JsonSchema = schema): boolean {
  const [name, ...rest] = path;
  return [...parts(schema, root)].some((part) => {
    if (name === undefined) return [part.type].flat().includes('array') || part.items !== undefined;
    const member = isSchema(part.properties) ? part.properties[name] : undefined;
    return isSchema(member) && hasList(member, rest, root);
  });
}
