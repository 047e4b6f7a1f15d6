import { didYouMean } from '../did_you_mean.ts';
import type { Violation } from '../errors.ts';
import type { Levels } from '../fapi/acr.ts';
import type { DetailSettings } from '../fapi/detail_settings.ts';
import type { DpopSettings } from '../fapi/dpop.ts';
import type { ParameterRules } from '../fapi/extra_parameters.ts';
import type { IntrospectionSettings } from '../fapi/introspection.ts';
import type { RequestObjectSettings } from '../fapi/jar.ts';
import type { MtlsSettings } from '../fapi/mtls.ts';
import type { ParSettings } from '../fapi/par.ts';
import type { RefusalSettings } from '../fapi/refusal_settings.ts';
import type { ResourceInput } from '../fapi/resource_settings.ts';
import type { SessionSettings } from '../fapi/session.ts';
import type { SubjectSettings } from '../fapi/subject.ts';
import type { Limits } from '../http/limits.ts';
import type { OutboundSettings } from '../http/outbound.ts';
import type { SecurityHeaderSettings } from '../http/security_headers.ts';
/** The settings core has no option for. */
export interface ProfileSettings {
  par?: ParSettings;
  dpop?: DpopSettings;
  /** Seconds a client assertion's `exp` may be ahead. Default 3600. */
  client_assertion_lifetime?: number;
  /** Bytes of a body, and how often somebody may ask. */
  limits?: Limits;
  /** Lifetimes that core has no option for; the others stand in its configuration. */
  ttl?: SessionSettings;
  /** Headers every answer has. */
  security_headers?: SecurityHeaderSettings;
  /** Addresses that requests of our own reach, such as those for a client's `jwks_uri`; `ca` is PEM text. */
  outbound?: OutboundSettings;
  /** Settings of the words a refused client gets. */
  refusals?: RefusalSettings;
  /** Absent: no mutual TLS, so clients authenticate by private_key_jwt and tokens are bound by DPoP. */
  mtls?: MtlsSettings | undefined;
  /** Protected resources that clients may name, and what their access tokens are. */
  resources?: readonly ResourceInput[] | undefined;
  /** Types of rich authorization requests. Absent: `authorization_details` is refused. */
  authorization_details?: DetailSettings | undefined;
  introspection?: IntrospectionSettings;
  /** Authentication context classes, and the methods of a login that reach each. */
  acr?: Levels | undefined;
  /** Pairwise subjects for every client, or for those that ask for them; the secret they are made with. */
  subject?: SubjectSettings;
  /** Further parameters of authorization requests, and their form. */
  extra_parameters?: ParameterRules;
  /** Path of the sample resource, for ecosystems that ask something of resources. */
  sample_resource?: string | undefined;
  /** Limits of request objects, in seconds. */
  request_object?: RequestObjectSettings;
  /** Grant types of your own that clients may use; register them with `provider.registerGrantType()` afterwards. */
  grant_types?: readonly string[];
}

type NamesOf<T> = Readonly<Record<keyof Required<NonNullable<T>>, true>>;
/** Settings whose members are names of the deployment's own, lists, or one value. */
type Plain =
  | 'acr'
  | 'client_assertion_lifetime'
  | 'extra_parameters'
  | 'grant_types'
  | 'outbound' // judged where it is used
  | 'resources'
  | 'sample_resource';

/** Every setting and its members: the compiler keeps the list complete. */
const names: {
  readonly [Name in keyof ProfileSettings]-?: Name extends Plain ? null : NamesOf<ProfileSettings[Name]>;
} = {
  acr: null,
  client_assertion_lifetime: null,
  extra_parameters: null,
  grant_types: null,
  outbound: null,
  resources: null,
  sample_resource: null,
  authorization_details: { types: true, max_bytes: true, max_depth: true, max_entries: true, enrich: true },
  dpop: { nonce: true, nonceSecret: true },
  introspection: { resource_servers: true },
  limits: { body: true, pushed: true, tooMany: true },
  mtls: { url: true, authorities: true, crl: true, accept: true, proxy: true },
  par: { request_uri_lifetime: true, max_bytes: true },
  refusals: { explain_authentication: true, documentation: true, mtls: true, assertion_lifetime: true },
  request_object: { max_lifetime: true, max_age: true },
  security_headers: { hsts_max_age: true, hsts_include_subdomains: true, hsts: true },
  subject: { subject: true, pairwiseSalt: true },
  ttl: { session_idle: true },
};

/** Names that Message Signing alone has. */
const ofMessageSigning = { message_signing: { signed_request_object: true, jarm: true, signed_introspection: true } };

function unknownIn(value: unknown, known: readonly string[], path: readonly string[]): Violation[] {
  return Object.keys(Object(value))
    .filter((name) => !known.includes(name))
    .map((name) => ({ path: [...path, name], text: `is no setting of the profile${didYouMean(name, known)}` }));
}

/** Lists settings that do not exist: in JavaScript, or spread from elsewhere, they would be ignored without a word. */
export function unknownSettings(settings: unknown): Violation[] {
  if (typeof settings !== 'object' || settings === null) return [{ text: 'the settings of the profile are no object' }];
  const all = Object.entries({ ...names, ...ofMessageSigning });
  const known = all.map(([name]) => name);
  return [
    ...unknownIn(settings, known, []),
    ...all.flatMap(([name, members]) =>
      members ? unknownIn((settings as Record<string, unknown>)[name], Object.keys(members), [name]) : [],
    ),
  ];
}
