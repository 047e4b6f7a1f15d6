import type { Configuration } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { z } from 'zod';

import { concerning } from '../settings.ts';
import { text } from '../values.ts';
import type { Localized } from './detail_words.ts';
import type { Finding, Mechanism } from './mechanism.ts';

const length = z.int().min(0, 'is negative').optional();

const rule = z
  .strictObject({
    required: z.boolean().default(false).describe('a request without it is refused'),
    min_length: length.describe('characters at least'),
    max_length: length.describe('characters at most'),
    pattern: z
      .string()
      .refine((source) => compiled(source) !== undefined, 'is no regular expression')
      .optional()
      .describe('regular expression that the whole value has to match'),
    values: z.array(text).min(1, 'lists no value').optional().describe('the only values'),
    label: z
      .union([text, z.record(z.string(), text)])
      .optional()
      .describe('what it is called on the consent page, where the person is shown it; not shown when left out'),
  })
  .check((ctx) => {
    const { min_length = 0, max_length = Number.POSITIVE_INFINITY } = ctx.value;
    if (min_length <= max_length) return;
    const message = `is less than min_length, write at least ${min_length}`;
    ctx.issues.push({ code: 'custom', message, input: ctx.value, path: ['max_length'] });
  });

/** Settings of further parameters of authorization requests. */
export const extraParameterSettings = z.strictObject({
  extra_parameters: concerning(
    z
      .record(z.string().regex(/^[\w.-]+$/, 'is no name of a parameter'), rule)
      .default({})
      .describe('further parameters of authorization requests, and their form; any other is ignored'),
    'extraParams',
  ),
});

/** The form of one parameter; lengths in characters, as a person counts code points. */
export interface ParameterRule {
  readonly required?: boolean | undefined;
  readonly min_length?: number | undefined;
  readonly max_length?: number | undefined;
  readonly pattern?: string | undefined;
  readonly values?: readonly string[] | undefined;
  readonly label?: Localized | undefined;
}

export type ParameterRules = Readonly<Record<string, ParameterRule>>;

function compiled(source: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${source})$`, 'u');
  } catch {
    return undefined;
  }
}

/** Answers what is wrong with the value of a parameter, in words that follow its name. */
export function parameterFault(value: string | undefined, rule: ParameterRule): string | undefined {
  if (value === undefined) return rule.required ? 'is missing' : undefined;
  const { min_length = 0, max_length = Number.POSITIVE_INFINITY, pattern, values } = rule;
  const { length } = [...value];
  if (length < min_length) return `has ${length} characters, at least ${min_length} are asked for`;
  if (length > max_length) return `has ${length} characters, at most ${max_length} are allowed`;
  if (values && !values.includes(value)) return `is none of ${values.join(', ')}`;
  return pattern !== undefined && !compiled(pattern)?.test(value) ? `does not match ${pattern}` : undefined;
}

/** Parameters of the protocols themselves, whose form a deployment cannot set. */
const protocol = new Set([
  ...['client_id', 'response_type', 'response_mode', 'redirect_uri', 'scope', 'state', 'nonce', 'prompt', 'display'],
  ...['max_age', 'ui_locales', 'claims_locales', 'id_token_hint', 'login_hint', 'acr_values', 'claims', 'registration'],
  ...['request', 'request_uri', 'code_challenge', 'code_challenge_method', 'dpop_jkt', 'resource'],
  ...['authorization_details', 'client_assertion', 'client_assertion_type', 'client_secret', 'iss', 'aud', 'exp'],
  ...['nbf', 'iat', 'jti', 'sub', 'code', 'error', 'login_hint_token', 'binding_message', 'user_code'],
]);

function* taken(rules: ParameterRules): Iterable<Finding> {
  for (const name of Object.keys(rules)) {
    if (protocol.has(name)) yield { path: ['extraParams', name], text: 'is a parameter of the protocol, leave it out' };
  }
}

type Given = NonNullable<Configuration['extraParams']>;
type Validators = Exclude<Given, readonly string[] | ReadonlySet<string>>;

const isList = (given: Given): given is readonly string[] | ReadonlySet<string> => Symbol.iterator in given;

/** Adds parameters to those of a deployment, which core takes as a list or by name. A deployment's own function runs after ours. */
export function withParameters(configuration: Configuration, rules: ParameterRules, refuse: Refuse): Configuration {
  const { extraParams = {} } = configuration;
  const theirs: Validators = isList(extraParams)
    ? Object.fromEntries([...extraParams].map((name) => [name, null]))
    : extraParams;
  const ours = Object.entries(rules).map(([name, rule]): [string, Validators[string]] => [
    name,
    async (ctx, value, client) => {
      const fault = parameterFault(value, rule);
      if (fault) refuse(`${name} ${fault}`);
      await theirs[name]?.(ctx, value, client);
    },
  ]);
  return { ...configuration, extraParams: { ...theirs, ...Object.fromEntries(ours) } };
}

type Refuse = (fault: string) => never;

/**
 * Takes further parameters of authorization requests, each in the form that a deployment has set. They are checked at
 * the push, in a form and in a request object alike, and kept with the request.
 *
 * @see [RFC 6749 section 8.2 - Defining New Endpoint Parameters](https://www.rfc-editor.org/rfc/rfc6749.html#section-8.2)
 */
export function extraParameters(rules: ParameterRules = {}): Mechanism {
  return {
    name: 'extra_parameters',
    clauses: [
      {
        id: 'RFC6749-8.2',
        text: 'further parameters have the form that was said of them: a request with another one is refused when it is pushed',
        violated: () => taken(rules),
      },
    ],
    prepare: (configuration) =>
      withParameters(configuration, rules, (fault) => {
        throw new errors.InvalidRequest(`parameter ${fault} (RFC6749-8.2)`);
      }),
  };
}
