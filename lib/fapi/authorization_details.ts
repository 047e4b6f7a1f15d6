import type { Middleware } from 'koa';
import type { AuthorizationDetail, Client, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';

import { type DetailLimits, nameUnknownType, outOfBounds } from './detail_bounds.ts';
import { narrowedDetails } from './detail_narrowing.ts';
import { compileSchema, type JsonSchema, type Judge } from './detail_schema.ts';
import { type DetailSettings, type DetailType, detailPresets, type Enrich } from './detail_settings.ts';
import { wordsFaults } from './detail_words.ts';
import type { Finding, Mechanism } from './mechanism.ts';

type Rar = NonNullable<NonNullable<Configuration['features']>['richAuthorizationRequests']>;
type Result = { readonly consent?: { readonly authorization_details?: readonly AuthorizationDetail[] } };

const refuse = (description: string) => new errors.InvalidAuthorizationDetails(description);

/** The details of the request, which core has parsed and judged before. */
function askedIn({ oidc: { params } }: KoaContextWithOIDC): AuthorizationDetail[] | undefined {
  const json = params?.authorization_details;
  return typeof json === 'string' ? (JSON.parse(json) as AuthorizationDetail[]) : undefined;
}

/** Counts the details of a request, and holds them to the limits before any schema is asked. */
function bounded(limits: DetailLimits) {
  const turns = new WeakMap<object, number>();
  return function next(ctx: KoaContextWithOIDC, detail: AuthorizationDetail): number {
    const index = turns.get(ctx) ?? 0;
    turns.set(ctx, index + 1);
    const { bytes, entries } = limits;
    if (index === 0 && Buffer.byteLength(`${ctx.oidc.params?.authorization_details}`) > bytes) {
      throw refuse(`authorization_details must not be larger than ${bytes} bytes`);
    }
    if (index === 0 && Number(askedIn(ctx)?.length) > entries) {
      throw refuse(`authorization_details must not have more than ${entries} entries`);
    }
    const fault = outOfBounds(detail, limits);
    if (fault) throw refuse(`authorization_details[${index}]: ${fault}`);
    return index;
  };
}

/** The details a person granted of this request: as our page says, or as another page has added to the grant. */
function consented(ctx: KoaContextWithOIDC, choose: (type: string) => string | undefined): AuthorizationDetail[] {
  const asked = askedIn(ctx) ?? [];
  const { oidc } = ctx;
  const chosen = (oidc.result as Result | undefined)?.consent?.authorization_details;
  if (chosen) return [...chosen];
  const granted = oidc.entities.Grant?.rar ?? [];
  return asked.flatMap((detail) => narrowedDetails([detail], granted, choose) ?? []);
}

/** Faults of the types themselves, by their path in the settings. */
function faultsOf(types: Readonly<Record<string, DetailType>>, judges: ReadonlyMap<string, Judge | Error>): Finding[] {
  const base = ['authorization_details', 'types'] as const;
  return Object.entries(types).flatMap(([name, { schema, consent }]): Finding[] => {
    const judge = judges.get(name);
    if (judge instanceof Error) return [{ path: [...base, name, 'schema'], text: judge.message }];
    const faults = consent ? [...wordsFaults(consent, schema)] : [];
    return faults.map(({ path, text }) => ({ path: [...base, name, 'consent', ...path], text }));
  });
}

function compiled(name: string, schema: JsonSchema): Judge | Error {
  try {
    return compileSchema(name, schema);
  } catch (error) {
    return error as Error;
  }
}

/**
 * Takes rich requests of the types that a deployment names. Without types, every detail is refused, where core would
 * ignore the parameter.
 *
 * @param ofType identifiers of the resources a type belongs to.
 * @see [RFC 9396 - OAuth 2.0 Rich Authorization Requests](https://www.rfc-editor.org/rfc/rfc9396.html)
 */
export function authorizationDetails(
  settings: DetailSettings = {},
  { ofType = () => [], resources = [] }: { ofType?: (type: string) => string[]; resources?: readonly string[] } = {},
): Mechanism {
  const { types = {}, enrich } = settings;
  const { max_bytes: bytes = detailPresets.max_bytes, max_depth: depth = detailPresets.max_depth } = settings;
  const next = bounded({ bytes, depth, entries: settings.max_entries ?? detailPresets.max_entries });
  const judges = new Map(Object.entries(types).map(([name, { schema }]) => [name, compiled(name, schema)]));
  const choose = (name: string) => (Object.hasOwn(types, name) ? types[name]?.consent?.choose : undefined);

  function validate(ctx: KoaContextWithOIDC, detail: AuthorizationDetail, client: Client): void {
    const index = next(ctx, detail);
    const { type: name } = detail;
    if (!client.authorizationDetailsTypes?.includes(name)) {
      throw refuse(`authorization_details[${index}]: ${name} is not among authorization_details_types of this client`);
    }
    // What was granted may hold members the schema does not know; there it is compared with what was granted.
    if (ctx.oidc.route === 'token') return;
    const judge = judges.get(name);
    const fault = typeof judge === 'function' ? judge(detail) : 'has no schema';
    if (fault) throw refuse(`authorization_details[${index}] ${name}: ${fault}`);
  }

  async function enriched(details: readonly AuthorizationDetail[], about: Parameters<Enrich>[1]) {
    if (!enrich) return [...details];
    return Promise.all(details.map(async (detail) => ({ ...(await enrich(detail, about)), type: detail.type })));
  }

  function forResource(details: readonly AuthorizationDetail[], identifier: string | undefined) {
    return details.filter(({ type: name }) => {
      const of = ofType(name);
      return identifier === undefined || of.length === 0 || of.includes(identifier);
    });
  }

  const own: Rar = {
    enabled: true,
    types: Object.fromEntries(Object.keys(types).map((name) => [name, { validate }])),
    async authorizationDetailsForGrantSource(ctx, source) {
      if (askedIn(ctx) === undefined) return undefined;
      const about = { accountId: `${source.accountId}`, clientId: `${source.clientId}` };
      return enriched(consented(ctx, choose), about);
    },
    async authorizationDetailsForAccessToken(ctx, token, source) {
      const asked = askedIn(ctx);
      const granted = source?.rar;
      const details = asked ? narrowedDetails(asked, granted ?? [], choose) : granted;
      if (asked && !details) throw refuse('authorization_details asks for more than was granted');
      const { resourceServer } = token;
      return forResource(details ?? [], resourceServer?.identifier());
    },
    async authorizationDetailsForIntrospection(_ctx, token) {
      return token.rar;
    },
  };

  return {
    name: 'authorization_details',
    clauses: [
      {
        id: 'RFC9396-5',
        text: 'details of an unknown type, with unknown members or wrong values are refused with invalid_authorization_details',
        violated: () => faultsOf(types, judges),
      },
      {
        id: 'RFC9396-3',
        text: 'a type of details belongs to a resource, whose access tokens carry them',
        *violated() {
          for (const [name, { resource }] of Object.entries(types)) {
            const path = ['authorization_details', 'types', name, 'resource'];
            if (resource !== undefined && !resources.includes(resource)) {
              yield { path, text: `${resource} is the identifier of no resource` };
            } else if (ofType(name).length === 0) {
              yield { path, text: 'is missing, write the identifier of a resource' };
            }
          }
        },
      },
      {
        id: 'RFC9396-6.1',
        text: 'a token request asks for no more than was granted',
      },
      {
        id: 'RFC9396-10',
        text: 'a client uses the types that its authorization_details_types name',
      },
    ],
    configuration: { features: { richAuthorizationRequests: own } } as Configuration,
    compose(configuration) {
      const { features } = configuration;
      const theirs = (features?.richAuthorizationRequests ?? {}) as Rar;
      const others = Object.entries(theirs.types ?? {}).map(([name, type]) => {
        const limited = async (ctx: KoaContextWithOIDC, detail: AuthorizationDetail, client: Client) => {
          next(ctx, detail);
          await type.validate(ctx, detail, client);
        };
        return [name, judges.has(name) ? type : { ...type, validate: limited }];
      });
      // Core has details only where it has resources; switched off, it would ignore what a client asks for.
      const enabled = features?.resourceIndicators?.enabled !== false;
      const richAuthorizationRequests = { ...theirs, enabled, types: Object.fromEntries(others) };
      return { ...configuration, features: { ...features, richAuthorizationRequests } } as Configuration;
    },
    attach(provider) {
      const name = (ctx: KoaContextWithOIDC, error: object) =>
        nameUnknownType(ctx, error, () => askedIn(ctx), Object.keys(types));
      provider.on('pushed_authorization_request.error', name);
      provider.on('grant.error', name);
    },
    middleware: () => ({ metadata: Object.keys(types).length > 0 ? [] : [withoutTypes] }),
  };
}

const withoutTypes: Middleware = function withoutTypes(ctx, next) {
  return ctx.path.includes('/.well-known/') ? next().then(() => hideEmpty(ctx.body)) : next();
};

/** Takes an empty list of types out of the metadata. */
function hideEmpty(body: unknown): void {
  const metadata = body as { authorization_details_types_supported?: string[] } | null | undefined;
  if (metadata?.authorization_details_types_supported?.length === 0)
    delete metadata.authorization_details_types_supported;
}
