import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { ClientMetadata } from 'oidc-provider';

import type { CertificateAuthority } from '../support/certificates.ts';
import { isRich, type Plan, richAuthorizationRequest } from './plans.ts';

/** What the suite has to know of a client that the provider does not: its private keys. */
export interface PrivateClient {
  readonly client_id: string;
  readonly scope: string;
  readonly jwks: { readonly keys: readonly JWK[] };
  readonly dpop_signing_alg: string;
}

/** The two clients of one plan, on both sides. */
export interface Clients {
  readonly registered: readonly ClientMetadata[];
  readonly client: PrivateClient;
  readonly client2: PrivateClient;
  readonly mtls: { readonly cert: string; readonly key: string };
  readonly mtls2: { readonly cert: string; readonly key: string };
}

interface Algorithms {
  readonly key: string;
  readonly dpop: string;
  readonly response: string;
}

/** Without a PS256 key of the first client, the suite skips its RS256 modules; its second client takes turns. */
function algorithmsOf({ variant, group }: Plan, number: 1 | 2): Algorithms {
  // Ecosystems know no other, or have every party support it.
  if (group === 'eco') return { key: 'PS256', dpop: 'PS256', response: 'PS256' };
  if (number === 1) return { key: 'PS256', dpop: 'ES256', response: 'PS256' };
  return variant.openid === 'openid_connect'
    ? { key: 'EdDSA', dpop: 'PS256', response: 'EdDSA' }
    : { key: 'ES256', dpop: 'EdDSA', response: 'ES256' };
}

interface Pair {
  readonly private: JWK;
  readonly public: JWK;
}

async function makeKey(alg: string, kid: string, use = 'sig'): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
  const more = { kid, alg, use };
  return {
    private: { ...(await exportJWK(privateKey)), ...more },
    public: { ...(await exportJWK(publicKey)), ...more },
  };
}

/** Exactly these: the suite's first client uses the one, its second the other, and one module mixes them. */
function redirectUris(suite: string, alias: string): string[] {
  const callback = `${suite}/test/a/${alias}/callback`;
  return [callback, `${callback}?dummy1=lorem&dummy2=ipsum`];
}

/** Scopes of ecosystems whose clients have other ones. */
const ecosystemScopes: Readonly<Record<string, string>> = {
  ksa: 'openid accounts',
  connectid_au: 'openid',
  consumerdataright_au: 'openid profile bank:accounts.basic:read',
  openbanking_brazil: 'openid accounts resources',
  openbanking_uk: 'openid accounts',
};

/** Ecosystems whose ID Tokens are encrypted, and by what. */
const encryption: Readonly<Record<string, string>> = { consumerdataright_au: 'RSA-OAEP-256' };

/** Scopes a client has besides those it asks a person for. */
const ownScopes: Readonly<Record<string, string>> = { openbanking_brazil: 'consents' };

function scopeOf({ variant }: Plan): string {
  const own = ecosystemScopes[variant.fapi_profile ?? ''];
  if (own) return own;
  return variant.openid === 'openid_connect' ? 'openid profile email phone address' : 'accounts';
}

function metadata(plan: Plan, suite: string, number: 1 | 2, keys: JWK[]): ClientMetadata {
  const { client_auth_type, sender_constrain } = plan.variant;
  const credentials = plan.group === 'cc';
  const { response } = algorithmsOf(plan, number);
  return {
    client_id: `${plan.name}-${number}`,
    client_name: `Conformance suite, client ${number} of ${plan.name}`,
    ...(client_auth_type === 'mtls'
      ? { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: `CN=${plan.name}-${number}` }
      : { token_endpoint_auth_method: 'private_key_jwt' }),
    ...(sender_constrain === 'mtls'
      ? { tls_client_certificate_bound_access_tokens: true }
      : { dpop_bound_access_tokens: true }),
    scope: [scopeOf(plan), ownScopes[plan.variant.fapi_profile ?? '']].filter(Boolean).join(' '),
    grant_types: credentials
      ? ['client_credentials']
      : ['authorization_code', 'refresh_token', ...(plan.group === 'eco' ? ['client_credentials'] : [])],
    response_types: credentials ? [] : ['code'],
    redirect_uris: credentials ? [] : redirectUris(suite, plan.name),
    ...(!credentials && { id_token_signed_response_alg: response }),
    ...(encryption[plan.variant.fapi_profile ?? ''] && {
      id_token_encrypted_response_alg: encryption[plan.variant.fapi_profile ?? ''],
    }),
    ...(plan.variant.fapi_response_mode === 'jarm' && { authorization_signed_response_alg: response }),
    ...(isRich(plan) && { authorization_details_types: richAuthorizationRequest.map(({ type }) => type) }),
    jwks: { keys },
  } as ClientMetadata;
}

/** Makes the keys, the certificates and the metadata of a plan's two clients. */
export async function makeClients(plan: Plan, suite: string, authority: CertificateAuthority): Promise<Clients> {
  const made = await Promise.all(
    ([1, 2] as const).map(async (number) => {
      const { key, dpop } = algorithmsOf(plan, number);
      const client_id = `${plan.name}-${number}`;
      const encrypted = encryption[plan.variant.fapi_profile ?? ''];
      const pairs = [
        await makeKey(key, client_id),
        ...(encrypted ? [await makeKey(encrypted, `${client_id}-enc`, 'enc')] : []),
      ];
      const issued = await authority.issue({ subject: `CN=${client_id}` });
      return {
        registered: metadata(
          plan,
          suite,
          number,
          pairs.map((pair) => pair.public),
        ),
        private: {
          client_id,
          scope: scopeOf(plan),
          jwks: { keys: pairs.map((pair) => pair.private) },
          dpop_signing_alg: dpop,
        },
        certificate: { cert: issued.cert, key: issued.key },
      };
    }),
  );
  const [first, second] = made as [(typeof made)[0], (typeof made)[0]];
  return {
    registered: made.map(({ registered }) => registered),
    client: first.private,
    client2: second.private,
    mtls: first.certificate,
    mtls2: second.certificate,
  };
}
