import { hash } from 'node:crypto';

import type { Client, Configuration, KoaContextWithOIDC, ResourceServer } from 'oidc-provider';
import { errors } from 'oidc-provider';

import type { Mechanism } from './mechanism.ts';
import { misnamed, overlapping } from './resource_checks.ts';
import type { Resource, ResourceInput } from './resource_settings.ts';

/** Fills in defaults; what is no resource stays as it was written, for the clauses to report. */
function complete({ scopes = [], token = 'opaque', ...others }: ResourceInput): Resource {
  return { ...others, scopes, token };
}

const named = (client: Client): string | undefined => client.default_resource as string | undefined;

/** Resources a request means without naming them: those of its details' types, then those of its scopes. */
function implied(ctx: KoaContextWithOIDC, client: Client, known: readonly Resource[], ofType: OfType): string[] {
  const details = ctx.oidc.params?.authorization_details;
  const ofDetails = typeof details === 'string' ? [details].flatMap((json) => typesIn(json).flatMap(ofType)) : [];
  const scopes = `${ctx.oidc.params?.scope ?? ''}`.split(' ');
  const ofScopes = scopes.flatMap((scope) => {
    const with_scope = known.filter((one) => one.scopes.includes(scope));
    const [first] = with_scope;
    const chosen = with_scope.find((one) => one.identifier === named(client)) ?? first;
    return chosen ? [chosen.identifier] : [];
  });
  return [...new Set([...ofDetails, ...ofScopes])];
}

/**
 * Gives an introspection response the jti of an opaque token: core knows none beside the token itself, which is a secret,
 * and writes `undefined` over any other.
 */
function identify(response: object, token: string): void {
  const get = () => hash('sha256', token, 'base64url');
  Object.defineProperty(response, 'jti', { configurable: true, enumerable: true, get, set() {} });
}

type OfType = (type: string) => readonly string[];

/** The types of a parameter that was checked before. */
function typesIn(json: string): string[] {
  return (JSON.parse(json) as { type: string }[]).map(({ type }) => type);
}

/**
 * Issues access tokens for resources, each with the audience, format and lifetime of its resource.
 *
 * A client names resources in the request, or they follow from its scopes and authorization details, or from its
 * `default_resource`. At the token endpoint, a client that names none and has openid gets a token for the UserInfo
 * endpoint, or for its `default_resource` where it has one.
 *
 * @param ofType identifiers of the resources a type of authorization details belongs to.
 * @see [RFC 8707 - Resource Indicators for OAuth 2.0](https://www.rfc-editor.org/rfc/rfc8707.html)
 * @see [RFC 9068 - JWT Profile for OAuth 2.0 Access Tokens](https://www.rfc-editor.org/rfc/rfc9068.html)
 */
export function resources(settings: readonly ResourceInput[] = [], ofType: OfType = () => []): Mechanism {
  const known = settings.map(complete);
  const find = (name: string) => known.find((one) => one.identifier === name);

  function choose(client: Client, oneOf: readonly string[]): string | readonly string[] {
    const preferred = named(client);
    if (preferred !== undefined && oneOf.includes(preferred)) return preferred;
    const [only, another] = oneOf;
    return only !== undefined && another === undefined ? only : oneOf;
  }

  function infoOf(
    { scopes, audience, lifetime, token, signing_alg }: Resource,
    { jwks }: Configuration,
  ): ResourceServer {
    const keys = (jwks?.keys ?? []) as { alg?: Resource['signing_alg']; use?: string }[];
    const alg = signing_alg ?? keys.find(({ use }) => use !== 'enc')?.alg;
    return {
      scope: scopes.join(' '),
      ...(audience !== undefined && { audience }),
      ...(lifetime !== undefined && { accessTokenTTL: lifetime }),
      accessTokenFormat: token,
      ...(token === 'jwt' && { jwt: { sign: { ...(alg && { alg }) } } }),
    };
  }

  return {
    name: 'resources',
    clauses: [
      {
        id: 'RFC8707-2',
        text: 'a resource is named by an absolute URI without a fragment; an unknown one is refused with invalid_target',
        violated: () => misnamed(settings),
        *client({ default_resource: name }) {
          if (name !== undefined && !find(`${name}`)) {
            yield { path: ['default_resource'], text: `${name} is the identifier of no resource` };
          }
        },
      },
      {
        id: 'RFC8707-2.2',
        text: 'an access token is restricted to the resource it was asked for, and its lifetime is that resource’s',
        violated: (configuration) => overlapping(known, configuration),
      },
      {
        id: 'RFC9068-2.1',
        text: 'JWT access tokens are typed at+jwt and signed by a key that the server publishes',
        violated({ jwks }) {
          const algs = jwks?.keys?.map(({ alg }) => alg);
          const index = known.findIndex(({ signing_alg }) => signing_alg && algs && !algs.includes(signing_alg));
          const text = `must be the algorithm of one of the server's keys: ${algs?.join(', ')}`;
          return index < 0 ? undefined : { path: ['resources', index, 'signing_alg'], text };
        },
      },
      {
        id: 'RFC9068-2.2.1',
        text: 'an access token for a resource tells how and when the person authenticated: acr, auth_time',
      },
      {
        id: 'RFC7662-2.2-1',
        text: 'an introspection response tells the audience of a token, and an identifier for it that is not the token',
      },
    ],
    compose(configuration) {
      const { features, extraClientMetadata, scopes = ['openid', 'offline_access'] } = configuration;
      const theirs = features?.resourceIndicators;
      return {
        ...configuration,
        scopes: [...new Set([...scopes, ...known.flatMap((one) => one.scopes)])],
        extraClientMetadata: {
          ...extraClientMetadata,
          properties: [...(extraClientMetadata?.properties ?? []), 'default_resource'],
        },
        features: {
          ...features,
          resourceIndicators: {
            ...theirs,
            async defaultResource(ctx: KoaContextWithOIDC, client: Client, oneOf?: readonly string[]) {
              const given = await theirs?.defaultResource?.(ctx, client, oneOf);
              if (oneOf) return choose(client, [given ?? oneOf].flat());
              if (given !== undefined) return given;
              const means = implied(ctx, client, known, ofType);
              return means.length > 0 ? means : named(client);
            },
            async useGrantedResource(ctx, model) {
              const preferred = ctx.oidc.client && named(ctx.oidc.client);
              if (preferred !== undefined && [model.resource].flat().includes(preferred)) return true;
              return (await theirs?.useGrantedResource?.(ctx, model)) ?? false;
            },
          },
        },
      };
    },
    hooks: {
      'features.introspection.allowedPolicy': (theirs) => async (ctx, client, token) => {
        const allowed = theirs ? await theirs(ctx, client, token) : true;
        if (allowed) identify(ctx.body as object, token.jti);
        return allowed;
      },
      extraTokenClaims: (theirs) => async (ctx, token) => {
        const own = await theirs?.(ctx, token);
        const { AuthorizationCode: code, RefreshToken: refresh } = ctx.oidc.entities;
        const source = code ?? refresh;
        if (token.kind !== 'AccessToken' || !token.aud || !source) return own;
        const { acr, authTime: auth_time } = source;
        return { ...own, ...(acr !== undefined && { acr }), ...(auth_time !== undefined && { auth_time }) };
      },
      'features.resourceIndicators.getResourceServerInfo': (theirs, configuration) => async (ctx, name, client) => {
        const one = find(name);
        if (one) return infoOf(one, configuration);
        if (theirs) return theirs(ctx, name, client);
        throw new errors.InvalidTarget('resource indicates no resource server of this authorization server');
      },
    },
  };
}
