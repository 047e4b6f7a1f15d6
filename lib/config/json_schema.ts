import { z } from 'zod';

import { schema } from './schema.ts';
import { references } from './sources.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The configuration file's JSON Schema, for editors; `config/config.schema.json` is its output. */
export function jsonSchema(): JsonSchema {
  const generated: JsonSchema = z.toJSONSchema(schema, { io: 'input' });
  for (const reference of references) {
    const steps = reference.map(String);
    const name = steps.at(-1) ?? '';
    const parent = steps.slice(0, -1).reduce((node, step) => child(node, step), generated);
    const { description = '', default: preset, ...inline } = child(parent, name);
    const either = {
      description,
      ...(preset !== undefined && { default: preset }),
      anyOf: [inline, { type: 'string' as const }],
    };
    parent.properties = { ...parent.properties, [name]: either };
  }
  return generated;
}

function child(node: JsonSchema, step: string): JsonSchema {
  return node.properties?.[step] as JsonSchema;
}
