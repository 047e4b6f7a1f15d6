import type { Context, Middleware } from 'koa';
import type { Configuration, Provider } from 'oidc-provider';
import { errors } from 'oidc-provider';

import { bodyOf, fieldOf, fieldsOf } from '../http/form_body.ts';
import { type Endpoint, endpoints, isFormEndpoint } from '../http/routes.ts';
import { memberName } from './detail_bounds.ts';
import { refuses } from './hooks.ts';
import { memberTwice } from './json.ts';
import { isCompact } from './jwt.ts';
import type { Mechanism } from './mechanism.ts';
import { checkJson, claimsOf } from './request_object.ts';

/**
 * Bytes of one parameter at most, as it stands in a URL: what comes back in a redirect has to be read by every browser
 * and proxy.
 */
const longest = 4096;

/** Parameters that never travel through a browser. */
const long = new Set(['request', 'claims', 'authorization_details', 'client_assertion', 'id_token_hint', 'resource']);

const pushes: readonly Endpoint[] = [
  'pushed_authorization_request',
  'backchannel_authentication',
  'device_authorization',
];

function checkLength(name: string, value: unknown): void {
  if (typeof value !== 'string' || long.has(name) || value.length * 9 <= longest) return;
  if (encodeURIComponent(value.toWellFormed()).length > longest) {
    throw new errors.InvalidRequest(`${name} must not be longer than ${longest} bytes as it stands in a URL`);
  }
}

function checkCompact(name: string, jwt: string | undefined): void {
  if (jwt && !isCompact(jwt)) {
    throw new errors.InvalidRequest(`${name} is no JWT in compact serialization, base64url without padding`);
  }
}

function checkPush(ctx: Context, others: readonly string[]): void {
  const request = fieldOf(ctx, 'request');
  const given = request === undefined ? fieldsOf(ctx) : claimsOf(request, others);
  for (const name of Object.keys(given)) checkLength(name, given[name]);
  for (const name of ['claims', 'authorization_details']) {
    const value = given[name];
    if (typeof value === 'string') checkJson(name, value);
  }
}

/** Checks client metadata as it was sent. Where an application around us has parsed it, there is no text to check. */
function checkMetadata(ctx: Context): void {
  const twice = memberTwice(bodyOf(ctx) ?? '');
  if (twice !== undefined) {
    throw new errors.InvalidClientMetadata(`${memberName([twice])} must not stand twice in one object`);
  }
}

const thumbprint = /^[\w-]{43}$/;

function* members(claims: object): Iterable<[string, unknown]> {
  for (const target of ['id_token', 'userinfo'] as const) {
    for (const [name, value] of Object.entries((claims as Record<string, object>)[target] ?? {})) {
      yield [`claims.${target}.${name}`, value];
    }
  }
}

/**
 * Checks the members of a claims parameter.
 *
 * @see [OpenID Connect Core section 5.5.1 - Individual Claims Requests](https://openid.net/specs/openid-connect-core-1_0.html#IndividualClaimsRequests)
 */
function checkClaims(claims: object): void {
  for (const [path, value] of members(claims)) {
    if (value === null) continue;
    if (typeof value !== 'object' || Array.isArray(value)) {
      throw new errors.InvalidRequest(`${path} must be null or an object`);
    }
    const { essential, values } = value as { essential?: unknown; values?: unknown };
    if (essential !== undefined && typeof essential !== 'boolean') {
      throw new errors.InvalidRequest(`${path}.essential must be true or false`);
    }
    if (values !== undefined && !Array.isArray(values)) {
      throw new errors.InvalidRequest(`${path}.values must be a list`);
    }
  }
}

const namesOf = ({ extraParams }: Configuration): string[] =>
  Array.isArray(extraParams) ? extraParams : Object.keys(extraParams ?? {});

/** Checks the forms of programs, and proofs, before core parses them. */
function checkParameters(provider: Provider, others: readonly string[]): Middleware {
  const endpointOf = endpoints(provider);
  return function checkParameters(ctx, next) {
    const endpoint = endpointOf(ctx);
    if (isFormEndpoint(endpoint)) checkCompact('the DPoP proof', ctx.get('dpop'));
    // Core answers with a challenge there (RFC 9449 section 7.1), and would take padding.
    if (endpoint === 'userinfo' && ctx.get('dpop') && !isCompact(ctx.get('dpop'))) ctx.req.headers.dpop = 'none';
    if (isFormEndpoint(endpoint)) checkCompact('client_assertion', fieldOf(ctx, 'client_assertion'));
    if (pushes.includes(endpoint)) checkPush(ctx, others);
    if (endpoint === 'token') checkJson('authorization_details', fieldOf(ctx, 'authorization_details') ?? '');
    if (endpoint === 'registration' || endpoint === 'client') checkMetadata(ctx);
    return next();
  };
}

/** Checks parameters, in a form or in a request object. */
export function parameters(): Mechanism {
  return {
    name: 'parameters',
    clauses: [
      {
        id: 'RFC9101-4',
        text: 'parameters of a request object have the JSON types their parameters have; what is null was left out',
      },
      {
        id: 'RFC7493-2.3',
        text: 'objects in JSON must not have members with duplicate names: request objects, claims, authorization_details, client metadata',
      },
      {
        id: 'RFC7515-2',
        text: 'JWTs are base64url with all trailing = characters omitted',
      },
      {
        id: 'DPOP-10',
        text: 'dpop_jkt is a JWK SHA-256 thumbprint',
      },
      {
        id: 'RFC6749-3.1',
        text: 'what is to come back in a redirect is no longer than browsers and servers read',
      },
    ],
    hooks: {
      'extraParams.dpop_jkt': (theirs) => async (ctx, value, client) => {
        if (value !== undefined && !thumbprint.test(value)) {
          throw new errors.InvalidRequest('dpop_jkt must be a JWK SHA-256 thumbprint, 43 characters of base64url');
        }
        await theirs?.(ctx, value, client);
      },
      'features.claimsParameter.assertClaimsParameter': refuses((_ctx, claims) => checkClaims(claims)),
    },
    middleware: (provider, configuration) => ({ protocol: [checkParameters(provider, namesOf(configuration))] }),
  };
}
