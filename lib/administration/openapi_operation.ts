import * as media from '../http/media_types.ts';
import { type Json, ref, text } from './openapi_schemas.ts';

/** A parameter of the query. */
export const query = (name: string, description: string, schema: Json = text): Json => ({
  in: 'query',
  name,
  description,
  schema,
});

/** The parameter that says how many answers there are at most. */
export const limit = query('limit', 'answers at most', { type: 'integer', minimum: 1, maximum: 1000, default: 100 });

/** The parameter of a path that names one thing. */
export const id = (description: string): Json => ({
  in: 'path',
  name: 'id',
  required: true,
  description,
  schema: text,
});

const json = (schema: Json): Json => ({ [media.json]: { schema } });
const problem = {
  description: 'a problem (RFC 9457)',
  content: { [media.problem]: { schema: ref('Problem') } },
};

interface Operation {
  readonly summary: string;
  readonly answer: Json;
  readonly status?: number;
  readonly parameters?: readonly Json[];
  readonly body?: Json;
}

/** One operation of the document: what it takes, and its two kinds of answers. */
export function operation({ summary, answer, status = 200, parameters = [], body }: Operation): Json {
  return {
    summary,
    parameters,
    ...(body && { requestBody: { required: true, content: json(body) } }),
    responses: { [status]: { description: summary, content: json(answer) }, default: problem },
  };
}
