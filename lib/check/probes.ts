import type { JWK } from 'jose';

import { confidential } from '../fapi/client_auth.ts';
import { isLocal } from '../http/address.ts';
import { algorithms } from '../signing_algorithms.ts';
import type { Probe, Target } from './probe.ts';

const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const isHere = (issuer: string) => isLocal(new URL(issuer).hostname);
const permitted: readonly string[] = algorithms;

/** Names of a list in the metadata that are not among those permitted. */
function others({ metadata }: Target, name: string, allowed: readonly string[]): string[] {
  return list(metadata[name]).filter((value) => !allowed.includes(value));
}

const endpoint = ({ metadata }: Target, name: string): string | undefined =>
  typeof metadata[`${name}_endpoint`] === 'string' ? `${metadata[`${name}_endpoint`]}` : undefined;

async function keysOf({ metadata, wire }: Target): Promise<JWK[]> {
  const { body } = await wire.ask(`${metadata.jwks_uri}`);
  return (Array.isArray(body.keys) ? body.keys : []) as JWK[];
}

/** Rules that need no client: metadata, keys, TLS, headers, methods. */
export const probes: readonly Probe[] = [
  {
    clause: 'RFC8414-3.3',
    text: 'the issuer in the metadata is the one that was asked',
    requests: 0,
    run: async ({ issuer, metadata }) => metadata.issuer === issuer || `it is ${metadata.issuer}`,
  },
  {
    clause: 'FAPI2-SP-FINAL-5.2.1-1',
    text: 'shall only offer TLS protected endpoints',
    requests: 0,
    async run({ metadata }) {
      const plain = Object.entries(metadata).filter(
        ([name, value]) => /_(endpoint|uri)$/.test(name) && typeof value === 'string' && !value.startsWith('https://'),
      );
      return plain.length === 0 || `${plain.map(([name]) => name).join(', ')} without https`;
    },
  },
  {
    clause: 'FAPI2-SP-FINAL-5.3.2.2-2',
    text: 'shall support client-authenticated pushed authorization requests',
    requests: 0,
    run: async (target) =>
      endpoint(target, 'pushed_authorization_request') !== undefined ||
      'the metadata names no pushed_authorization_request_endpoint',
  },
  {
    clause: 'FAPI2-SP-FINAL-5.3.2.2-3',
    text: 'shall reject authorization requests sent without PAR: the metadata says so',
    requests: 0,
    run: async ({ metadata }) =>
      metadata.require_pushed_authorization_requests === true || 'require_pushed_authorization_requests is not true',
  },
  {
    clause: 'FAPI2-SP-FINAL-5.3.2.2-1',
    text: 'shall support the authorization code grant: no other response type',
    requests: 0,
    async run(target) {
      const wrong = others(target, 'response_types_supported', ['code']);
      return wrong.length === 0 || `response_types_supported has ${wrong.join(', ')}`;
    },
  },
  {
    clause: 'FAPI2-SP-FINAL-5.3.2.1-2',
    text: 'shall reject requests using the resource owner password credentials grant; no implicit grant',
    requests: 0,
    async run({ metadata }) {
      const wrong = list(metadata.grant_types_supported).filter((grant) => ['password', 'implicit'].includes(grant));
      return wrong.length === 0 || `grant_types_supported has ${wrong.join(', ')}`;
    },
  },
  {
    clause: 'FAPI2-SP-FINAL-5.3.2.2-5',
    text: 'shall require PKCE with S256 as the code challenge method',
    requests: 0,
    async run(target) {
      const methods = list(target.metadata.code_challenge_methods_supported);
      const wrong = methods.filter((method) => method !== 'S256');
      if (!methods.includes('S256')) return 'code_challenge_methods_supported lacks S256';
      return wrong.length === 0 || `code_challenge_methods_supported has ${wrong.join(', ')}`;
    },
  },
  {
    clause: 'FAPI2-SP-FINAL-5.3.2.1-6',
    text: 'shall authenticate clients using mutual TLS or private_key_jwt',
    requests: 0,
    async run(target) {
      const wrong = others(target, 'token_endpoint_auth_methods_supported', confidential);
      return wrong.length === 0 || `token_endpoint_auth_methods_supported has ${wrong.join(', ')}`;
    },
  },
  {
    clause: 'FAPI2-SP-FINAL-5.3.2.1-5',
    text: 'shall use one of mutual TLS or DPoP for sender-constrained access tokens',
    requests: 0,
    run: async ({ metadata }) =>
      metadata.tls_client_certificate_bound_access_tokens === true ||
      list(metadata.dpop_signing_alg_values_supported).length > 0 ||
      'neither tls_client_certificate_bound_access_tokens nor dpop_signing_alg_values_supported',
  },
  {
    clause: 'FAPI2-SP-FINAL-5.3.2.2-7',
    text: 'shall return an iss parameter in the authorization response: the metadata says so',
    requests: 0,
    run: async ({ metadata }) =>
      metadata.authorization_response_iss_parameter_supported === true ||
      'authorization_response_iss_parameter_supported is not true',
  },
  {
    clause: 'FAPI2-SP-FINAL-5.4.1-1',
    text: 'shall use PS256, ES256, or EdDSA, and shall not use or accept none',
    requests: 0,
    async run(target) {
      const wrong = Object.keys(target.metadata)
        .filter((name) => /signing_alg_values_supported$/.test(name))
        .map((name) => [name, others(target, name, permitted)] as const)
        .filter(([, names]) => names.length > 0);
      return wrong.length === 0 || wrong.map(([name, names]) => `${name} has ${names.join(', ')}`).join('; ');
    },
  },
  {
    clause: 'FAPI2-SP-FINAL-5.4.1-2',
    text: 'keys are large enough, and no private member is published',
    requests: 1,
    async run(target) {
      const keys = await keysOf(target);
      if (keys.some((key) => 'd' in key || key.kty === 'oct')) return 'the JWK Set holds a private or symmetric key';
      const short = keys.filter(({ kty, n }) => kty === 'RSA' && Buffer.from(`${n}`, 'base64url').length < 256);
      return short.length === 0 || `${short.length} RSA keys have less than 2048 bits`;
    },
  },
  {
    clause: 'FAPI2-SP-FINAL-5.2.1-2',
    text: 'shall use TLS 1.2 or later',
    requests: 2,
    async run({ issuer, wire }) {
      for (const version of ['TLSv1', 'TLSv1.1'] as const) {
        const options = { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' };
        if (await wire.handshake(issuer, options)) return `${version} is accepted`;
      }
      return true;
    },
  },
  {
    clause: 'FAPI2-SP-FINAL-5.2.2-1',
    text: 'with TLS 1.2 only the cipher suites of BCP 195',
    requests: 1,
    async run({ issuer, wire }) {
      const weak = 'AES128-SHA:AES256-SHA:AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0';
      const made = await wire.handshake(issuer, { maxVersion: 'TLSv1.2', ciphers: weak });
      return made === undefined || `${made.suite} is accepted`;
    },
  },
  {
    clause: 'FAPI2-SP-FINAL-5.2.3-1',
    text: 'shall use methods against TLS stripping: Strict-Transport-Security where a browser goes',
    requests: 1,
    async run(target) {
      const url = endpoint(target, 'authorization');
      // A browser would then refuse every other server of this machine without TLS.
      if (isHere(target.issuer)) return undefined;
      const answer = url && (await target.wire.ask(url));
      return answer ? answer.headers['strict-transport-security'] !== undefined || 'no such header' : undefined;
    },
  },
  {
    clause: 'FAPI2-SP-FINAL-5.2.3-3',
    text: 'shall not support CORS for the authorization endpoint',
    requests: 1,
    async run(target) {
      const url = endpoint(target, 'authorization');
      const answer = url && (await target.wire.ask(url, { headers: { origin: 'https://other.example' } }));
      return answer
        ? answer.headers['access-control-allow-origin'] === undefined || 'another origin may read it'
        : undefined;
    },
  },
  {
    clause: 'RFC9700-4.16',
    text: 'prevents clickjacking at the authorization endpoint',
    requests: 1,
    async run(target) {
      const url = endpoint(target, 'authorization');
      const { headers } = url ? await target.wire.ask(url) : { headers: {} as Record<string, unknown> };
      const framed = headers['x-frame-options'] ?? /frame-ancestors/.exec(`${headers['content-security-policy']}`)?.[0];
      return framed !== undefined || 'neither X-Frame-Options nor frame-ancestors';
    },
  },
  {
    clause: 'RFC8414-3',
    text: 'addresses in the metadata do not follow the Host header',
    requests: 1,
    async run({ issuer, wire }) {
      const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
      const { status, text } = await wire.ask(url, { headers: { host: 'poisoned.example' } });
      return status >= 400 || !text.includes('poisoned.example') || 'they name the host of the request';
    },
  },
  {
    clause: 'PAR-2.3',
    text: 'the pushed authorization request endpoint answers POST only, and refuses who does not authenticate',
    requests: 2,
    async run(target) {
      const url = endpoint(target, 'pushed_authorization_request');
      if (!url) return undefined;
      const [get, post] = [await target.wire.ask(url), await target.wire.post(url, { client_id: 'nobody' })];
      if (get.status < 400) return `GET is answered ${get.status}`;
      return (post.status >= 400 && typeof post.body.error === 'string') || `a stranger is answered ${post.status}`;
    },
  },
];
