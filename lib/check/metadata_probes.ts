import type { JWK } from 'jose';

import { confidential } from '../fapi/client_auth.ts';
import { algorithms } from '../signing_algorithms.ts';
import { endpoint, list, type Probe, type Target } from './probe.ts';

const permitted: readonly string[] = algorithms;

/** Names of a list in the metadata that are not among those permitted. */
function others({ metadata }: Target, name: string, allowed: readonly string[]): string[] {
  return list(metadata[name]).filter((value) => !allowed.includes(value));
}

async function keysOf({ metadata, wire }: Target): Promise<JWK[]> {
  const { body } = await wire.ask(`${metadata.jwks_uri}`);
  return (Array.isArray(body.keys) ? body.keys : []) as JWK[];
}

/** Rules that the metadata and the keys tell of. */
export const metadataProbes: readonly Probe[] = [
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
];
