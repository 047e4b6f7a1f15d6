import { generateKeyPairSync } from 'node:crypto';

import { expect } from 'chai';
import type { ClientMetadata } from 'oidc-provider';

import { clientViolations } from '../../lib/profile.ts';
import { fapi2MessageSigning } from '../../lib/profiles/fapi2_message_signing.ts';
import { fapi2SecurityProfile } from '../../lib/profiles/fapi2_security_profile.ts';

const publicKeys = {
  rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey,
  ec: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
  ed25519: () => generateKeyPairSync('ed25519').publicKey,
};
const jwk = (type: keyof typeof publicKeys, more = {}) => ({
  ...publicKeys[type]().export({ format: 'jwk' }),
  ...more,
});
const ec = jwk('ec');
const mtls = { url: 'https://localhost:9444', authorities: [] };
const found = (metadata: object, profile = fapi2SecurityProfile({ mtls })) =>
  clientViolations(profile, { client_id: 'a', redirect_uris: ['https://a.example/cb'], ...metadata } as ClientMetadata)
    .filter(({ path }) => path?.[0] !== 'token_endpoint_auth_method')
    .map(({ clause, path, text }) => `${path?.join('.')} ${text} [${clause}]`);

describe('a client that cannot authenticate', () => {
  for (const [title, metadata, fault] of [
    [
      'has a key for RS256 only',
      { jwks: { keys: [jwk('rsa', { alg: 'RS256' })] } },
      /^jwks\.keys\.0 is for alg: RS256, write alg: PS256: no way to authenticate is left \[FAPI2-SP-FINAL-5\.3\.2\.1-6\]$/,
    ],
    ['has a key for encryption only', { jwks: { keys: [{ ...ec, use: 'enc' }] } }, /is for use: enc/],
    ['has a key that may not verify', { jwks: { keys: [{ ...ec, key_ops: ['encrypt'] }] } }, /key_ops without verify/],
    ['has no key in its set', { jwks: { keys: [] } }, /^jwks\.keys is empty: no way to authenticate/],
    [
      'has a key of a curve nobody permits',
      { jwks: { keys: [generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' })] } },
      /crv: P-384, which no permitted/,
    ],
    [
      'has a key of a curve with the name of what every object has',
      { jwks: { keys: [{ ...ec, crv: 'constructor' }] } },
      /crv: constructor, which no permitted/,
    ],
    ['has a key off its curve', { jwks: { keys: [{ ...ec, y: ec.x }] } }, /not on its curve/],
    [
      'has 32 bytes that are no point of Ed25519',
      { jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: `Ag${'A'.repeat(41)}` }] } },
      /no point of its curve/,
    ],
    [
      'demands an algorithm its key does not fit',
      { token_endpoint_auth_signing_alg: 'PS256', jwks: { keys: [ec] } },
      /verifies ES256, and asked for is PS256/,
    ],
    [
      'registers a private key',
      { jwks: { keys: [generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })] } },
      /is a private key/,
    ],
    ['registers a symmetric key', { jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } }, /kty: oct, which no permitted/],
    [
      'names a URL as a DNS name',
      { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: 'https://a.example' },
      /^tls_client_auth_san_dns is no DNS name/,
    ],
    [
      'names a host as an address',
      { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_ip: 'a.example' },
      /^tls_client_auth_san_ip is no IP address/,
    ],
    [
      'names a DN as openssl prints it in one line',
      { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: '/C=SE/O=Bank/CN=client' },
      /no distinguished name/,
    ],
    [
      'has no certificate for a self-signed one',
      { token_endpoint_auth_method: 'self_signed_tls_client_auth', jwks: { keys: [ec] } },
      /hold no certificate/,
    ],
  ] as const) {
    it(title, () => {
      const [first = '', ...more] = found(metadata);
      expect(first).to.match(fault);
      expect(more).to.deep.equal([]);
    });
  }

  it('is refused by Message Signing where it cannot sign a request', () => {
    const signing = () => fapi2MessageSigning({ mtls });
    const metadata = { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: 'a.example' };
    expect(found(metadata)).to.deep.equal([]);
    expect(found(metadata, signing()).join()).to.match(/^jwks is missing: request objects have to be signed/);
    const own = { ...metadata, jwks: { keys: [ec] } };
    expect(found(own, signing())).to.deep.equal([]);
    expect(found({ ...own, request_object_signing_alg: 'PS256' }, signing()).join()).to.match(/sign a request object/);
    expect(found({ ...metadata, grant_types: ['client_credentials'] }, signing())).to.deep.equal([]);
  });
});

describe('a client that can', () => {
  for (const [title, metadata] of [
    ['by ES256', { jwks: { keys: [ec] } }],
    ['by PS256', { jwks: { keys: [jwk('rsa')] } }],
    ['by Ed25519', { jwks: { keys: [jwk('ed25519')] } }],
    [
      'by Ed25519 under its older name',
      { token_endpoint_auth_signing_alg: 'EdDSA', jwks: { keys: [jwk('ed25519', { alg: 'Ed25519' })] } },
    ],
    ['by one key of two', { jwks: { keys: [{ ...ec, use: 'enc' }, jwk('rsa')] } }],
    ['by keys that are published', { jwks_uri: 'https://a.example/jwks' }],
  ] as const) {
    it(title, () => expect(found(metadata)).to.deep.equal([]));
  }
});
