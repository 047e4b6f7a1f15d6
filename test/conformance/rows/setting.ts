import { readFileSync } from 'node:fs';

import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { parse } from 'yaml';

import type { KeyPair } from '../../../lib/server/tls.ts';
import { authority } from '../../flows/clients.ts';
import { type FlowServer, flowServer } from '../../flows/server.ts';

/** What the suite calls a variant. */
export interface Variant {
  readonly client_auth_type: 'private_key_jwt' | 'mtls';
  readonly sender_constrain: 'dpop' | 'mtls';
  readonly openid: 'openid_connect' | 'plain_oauth';
  /** Signed request objects and JARM, or neither. */
  readonly signed: boolean;
  /** Asks for authorization details as well: the suite's `authorization_request_type=rar`. */
  readonly rich?: true;
  /** Of an ecosystem: a certificate everywhere, signed requests and plain responses. */
  readonly ecosystem?: true;
}

const both = [true, false];

/** The sixteen of plain FAPI. */
const plain: readonly Variant[] = both.flatMap((signed) =>
  (['private_key_jwt', 'mtls'] as const).flatMap((client_auth_type) =>
    (['dpop', 'mtls'] as const).flatMap((sender_constrain) =>
      (['openid_connect', 'plain_oauth'] as const).map((openid) => ({
        client_auth_type,
        sender_constrain,
        openid,
        signed,
      })),
    ),
  ),
);

/** And those of rich authorization requests that a full run of the suite has. */
export const variants: readonly Variant[] = [
  ...plain,
  {
    client_auth_type: 'private_key_jwt',
    sender_constrain: 'dpop',
    openid: 'openid_connect',
    signed: false,
    rich: true,
  },
  { client_auth_type: 'mtls', sender_constrain: 'mtls', openid: 'plain_oauth', signed: false, rich: true },
  { client_auth_type: 'private_key_jwt', sender_constrain: 'mtls', openid: 'plain_oauth', signed: true, rich: true },
  { client_auth_type: 'mtls', sender_constrain: 'dpop', openid: 'openid_connect', signed: true, rich: true },
];

export const named = ({ client_auth_type, sender_constrain, openid, signed, rich }: Variant): string =>
  [...(rich ? ['rar'] : []), signed ? 'ms' : 'sp', client_auth_type, sender_constrain, openid].join('-');

/** A client of the run, and what it holds: the suite has two a variant. */
export interface Party {
  readonly client_id: string;
  readonly key: CryptoKey;
  readonly kid: string;
  readonly certificate: KeyPair;
  readonly redirect_uri: string;
}

type CryptoKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

export const callback = 'https://suite.example.com/test/a/rows/callback';
const redirectUris = [callback, `${callback}?dummy1=lorem&dummy2=ipsum`];

async function makeKey(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('PS256', { extractable: true, modulusLength: 2048 });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, use: 'sig' };
  return { key: privateKey, kid, jwk };
}

const keys = await Promise.all(['first', 'second'].map(makeKey));
const certificates = await Promise.all(['first', 'second'].map((name) => authority.issue({ subject: `CN=${name}` })));

const way = ({ client_auth_type, sender_constrain }: Variant) => `${client_auth_type}-${sender_constrain}`;

/** A client as it is registered, with what is its own. */
export function metadataOf(variant: Variant, index: number, own: object = {}): { metadata: Record<string, unknown> } {
  const mtls = variant.client_auth_type === 'mtls';
  return {
    metadata: {
      client_id: `${way(variant)}-${index + 1}`,
      token_endpoint_auth_method: mtls ? 'tls_client_auth' : 'private_key_jwt',
      ...(mtls && { tls_client_auth_subject_dn: index === 0 ? 'CN=first' : 'CN=second' }),
      ...(variant.sender_constrain === 'mtls'
        ? { tls_client_certificate_bound_access_tokens: true }
        : { dpop_bound_access_tokens: true }),
      ...(!variant.ecosystem && { authorization_details_types: ['payment_initiation'] }),
      jwks: { keys: [keys[index]?.jwk] },
      redirect_uris: redirectUris,
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      ...own,
    },
  };
}

/** The first or the second client of a variant. */
export function party(variant: Variant, index: 0 | 1): Party {
  const [key, certificate] = [keys[index], certificates[index]];
  if (!key || !certificate) throw new TypeError('there are two');
  return {
    client_id: `${way(variant)}-${index + 1}`,
    ...key,
    certificate,
    redirect_uri: redirectUris[index] ?? callback,
  };
}

const ways = plain.filter(({ openid, signed }) => openid === 'openid_connect' && !signed);
const clients = ways.flatMap((variant) => [metadataOf(variant, 0), metadataOf(variant, 1)]) as never;

/** Codes and request URIs that expire while a test waits; a loaded machine may take its time to log in within a request URI's. */
export const brief = { authorization_code: 1, request_uri: 20 };

/** The resource and the type of details that a full run of the suite has. */
const { resources, authorization_details } = parse(readFileSync('config/conformance.yaml', 'utf8'));
const rich = [
  `resources=${JSON.stringify(resources)}`,
  `authorization_details=${JSON.stringify(authorization_details)}`,
];

const servers = new Map<string, Promise<FlowServer>>();

/** The server of a variant: of ordinary lifetimes, or of brief ones, shared by all rows. */
export function serverOf({ signed }: Variant, lifetimes: 'ordinary' | 'brief' = 'ordinary'): Promise<FlowServer> {
  const name = `${signed} ${lifetimes}`;
  const running =
    servers.get(name) ??
    flowServer({
      profile: signed ? 'fapi2-message-signing' : 'fapi2-security-profile',
      clients,
      set: [
        ...rich,
        ...(lifetimes === 'brief'
          ? [`ttl.authorization_code=${brief.authorization_code}`, `par.request_uri_lifetime=${brief.request_uri}`]
          : []),
      ],
    });
  servers.set(name, running);
  return running;
}

/** Ends what the rows have started. */
export async function closeServers(): Promise<void> {
  const running = await Promise.all(servers.values());
  servers.clear();
  await Promise.all(running.map(({ close }) => close()));
}
