import { z } from 'zod';

import { schema } from './schema.ts';
import { references } from './sources.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The configuration file's JSON Schema, for editors; `config/config.schema.json` is its output. */
export function jsonSchema(): JsonSchema {
  const generated: JsonSchema = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => orVariable(jsonSchema),
  });
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

/** Lets `${NAME}` stand where a node of the schema does not take any text. */
function orVariable(node: JsonSchema): void {
  const { type, pattern, format, enum: values } = node;
  if (!['integer', 'number', 'boolean'].includes(`${type}`) && !pattern && !format && !values) return;
  const { description, default: preset, ...rest } = node;
  for (const key of Object.keys(rest)) delete node[key];
  node.anyOf = [rest, { type: 'string', pattern: '\\$\\{[^}]+\\}' }];
}

function child(node: JsonSchema, step: string): JsonSchema {
  return node.properties?.[step] as JsonSchema;
}
