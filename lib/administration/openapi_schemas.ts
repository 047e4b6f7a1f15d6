import { z } from 'zod';

import { clientMetadata } from '../config/client_metadata.ts';

/** A part of the document. */
export type Json = Readonly<Record<string, unknown>>;

export const text = { type: 'string' };
const integer = { type: 'integer' };
export const boolean = { type: 'boolean' };
export const time = { type: 'string', format: 'date-time' };
export const list = (items: Json): Json => ({ type: 'array', items });
export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

/** An object that has these members, and no others; those that may be absent end in `?`. */
export function object(members: Readonly<Record<string, Json>>): Json {
  const names = Object.keys(members);
  return {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name.replace('?', ''), members[name]])),
    required: names.filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  };
}

const nullable = (schema: Json): Json => ({ anyOf: [schema, { type: 'null' }] });
const source = { enum: ['file', 'database'] };
export const anything = { type: 'object' };

/** Metadata of a client as the configuration file takes them, less what the registry adds. */
function metadataSchema(): Json {
  const { $schema, ...schema } = z.toJSONSchema(clientMetadata, { io: 'input' }) as Json;
  return schema;
}

function clientSchema(): Json {
  const metadata = metadataSchema();
  const notes = { client_id_issued_at: integer, disabled_at: integer, source };
  return { ...metadata, properties: { ...(metadata.properties as Json), ...notes }, required: ['client_id', 'source'] };
}

const ended = object({ grants: integer, sessions: integer, tokens: integer });
const done = object({ login: text, sub: text, ended });
/** Schemas that answers and bodies are made of. */
export const schemas = () => ({
  ClientMetadata: { ...metadataSchema(), required: [] },
  Client: clientSchema(),
  Ended: ended,
  Done: done,
  Account: object({ login: text, sub: text, source, claims: anything, 'locked_at?': time }),
  Grant: object({
    grant: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    'account?': text,
    'client_id?': text,
    'given_at?': integer,
    'expires_at?': integer,
    scope: text,
    'authorization_details?': list(anything),
  }),
  Key: object({
    kid: text,
    purpose: text,
    status: { enum: ['next', 'active', 'retired'] },
    made_at: integer,
    'active_at?': integer,
    'retired_at?': integer,
    'gone_at?': integer,
  }),
  Record: object({
    at: integer,
    node: text,
    chain: text,
    seq: integer,
    event: text,
    clause: nullable(text),
    flow: nullable(text),
    client: nullable(text),
    account: nullable(text),
    grant_id: nullable(text),
    interaction_id: nullable(text),
    address: nullable(text),
    'details?': { anyOf: [anything, { const: 'sealed' }] },
  }),
  Node: {
    type: 'object',
    properties: {
      node: text,
      host: text,
      version: text,
      state: text,
      started_at: integer,
      seen_at: integer,
      profile: text,
    },
    required: ['node', 'host', 'version', 'state', 'started_at', 'seen_at'],
  },
  Problem: {
    type: 'object',
    properties: {
      type: text,
      title: text,
      status: integer,
      error: text,
      error_description: text,
      problems: list(object({ name: text, text, 'clause?': text })),
    },
    required: ['type', 'title', 'status'],
    additionalProperties: false,
  },
});
