import { createHmac, createSecretKey, hash, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';

import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { ExternalSigningKey } from 'oidc-provider';
import { z } from 'zod';

import { concerning } from '../settings.ts';
import { file, text } from '../values.ts';
import { inUse, type Purpose, type Ring, type Secret, type SigningKey, signingAlgorithms } from './ring.ts';

/** Settings of the keys. */
export const keySettings = z.strictObject({
  jwks: concerning(
    z
      .strictObject({
        keys: z
          .array(z.looseObject({ kty: text.describe('key type (RFC 7517 section 4.1)') }))
          .min(1, 'lists no key, leave keys out to have them made')
          .describe('private keys'),
      })
      .optional()
      .describe('JWK Set of private signing keys, or a file that holds it: the first of an algorithm signs'),
    'jwks',
  ),
  module: file
    .optional()
    .describe(
      'module whose keys() answers signing keys that lie elsewhere, in a KMS or HSM; relative to the configuration file',
    ),
  rotate_every: z
    .string()
    .regex(/^(never|[1-9]\d*[smhd])$/, 'is no time, write for example 90d, 12h, or never')
    .default('90d')
    .describe('how long a key of the database signs; signing keys, cookie keys and the nonce secret: 90d, 12h, never'),
  max_age: z
    .int()
    .min(0, 'is too short, write at least 0')
    .max(86_400, 'is too long, write at most 86400 seconds')
    .default(600)
    .describe('seconds clients may keep /jwks; a signing key is published as long before it signs'),
});

/** The secrets every process of one database shares. */
export interface Keys {
  /** Private signing keys. */
  readonly jwks: { readonly keys: (JWK | ExternalSigningKey)[] };
  /** Keys of cookies: the first signs, all verify. */
  readonly cookies: CookieKeys;
  /** Secret of server-provided DPoP nonces, 32 bytes. */
  readonly dpopNonce: Buffer;
  /** Secrets whose nonces are taken as well, while one follows the other. */
  readonly otherNonces?: readonly Buffer[] | undefined;
  /** Secret that pairwise subjects are made with, 32 bytes. */
  readonly subjects?: Buffer | undefined;
}

/**
 * Signs cookies as Koa asks for it. Koa's own way is HMAC-SHA-1, and compares by two more of them with a random key,
 * which took a tenth of the processor time of a whole flow.
 */
export class CookieKeys {
  readonly #keys: readonly KeyObject[];

  constructor(secrets: readonly string[]) {
    this.#keys = secrets.map((secret) => createSecretKey(secret, 'base64url'));
  }

  sign(data: string): string {
    return this.#digest(data, this.#keys[0] as KeyObject).toString('base64url');
  }

  /** Index of the key that made the digest, or -1. */
  index(data: string, digest: string): number {
    const given = Buffer.from(digest, 'base64url');
    return this.#keys.findIndex((key) => {
      const expected = this.#digest(data, key);
      return expected.length === given.length && timingSafeEqual(expected, given);
    });
  }

  verify(data: string, digest: string): boolean {
    return this.index(data, digest) >= 0;
  }

  #digest(data: string, key: KeyObject): Buffer {
    return createHmac('sha256', key).update(data).digest();
  }
}

/**
 * Answers the value kept under a name. Where there is none yet, `make` is asked, and all processes get the answer of
 * the first.
 */
export type Kept = <T>(name: string, make: () => T | Promise<T>) => Promise<T>;

/**
 * Makes a private signing key. Its `kid` is the thumbprint, and begins with no dash, which a command line takes for an
 * option.
 */
export async function makeSigningKey(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: (await calculateJwkThumbprint(jwk)).replace(/^-+/, ''), alg, use: 'sig' };
}

/**
 * Makes a secret of 32 random bytes, or of those given. Its `kid` is in hex, so that none begins with a dash, and tells
 * nothing of it.
 */
export function secretOf(now: number, secret = random()): Secret {
  return { kid: hash('sha256', `kid ${secret}`, 'hex').slice(0, 16), secret, status: 'next', made_at: now };
}

/** Makes the next key of a purpose. */
export async function makeKey(purpose: Purpose, now: number): Promise<SigningKey | Secret> {
  if (purpose === 'cookies' || purpose === 'nonces') return secretOf(now);
  return { ...(await makeSigningKey(purpose)), status: 'next', made_at: now } as SigningKey;
}

const random = () => randomBytes(32).toString('base64url');
const active = <T extends object>(key: T, now: number) => ({ ...key, status: 'active' as const, active_at: now });

/** The secret of nonces of a database in which no ring of keys was made yet. */
const firstNonceSecret = (kept: Kept) => kept('dpop_nonce_secret', random);

/** Makes the keys of a database that has none yet. */
async function firstRing(kept: Kept, signs: boolean): Promise<Ring> {
  const now = Date.now();
  const made = signs ? await Promise.all(signingAlgorithms.map((alg) => makeKey(alg, now))) : [];
  return {
    keys: made.map((key) => active(key as SigningKey, now)),
    cookies: [active(secretOf(now), now)],
    nonces: [active(secretOf(now, await firstNonceSecret(kept)), now)],
    subjects: random(),
  };
}

type OldRing = { readonly keys: readonly JWK[] } & Partial<Ring>;

/** Completes a ring of an earlier version, which had keys without dates, and secrets in rows of their own. */
async function completedRing(kept: Kept, { keys, ...row }: OldRing): Promise<Ring> {
  const now = Date.now();
  const dated = keys.map((key, index) => {
    if ('status' in key) return key as SigningKey;
    const isFirst = keys.findIndex(({ alg }) => alg === key.alg) === index;
    return { ...key, status: isFirst ? 'active' : 'retired', made_at: now, active_at: now } as SigningKey;
  });
  const cookies =
    row.cookies ?? (await kept('cookie_keys', () => [random()])).map((old) => active(secretOf(now, old), now));
  const nonces = row.nonces ?? [active(secretOf(now, await firstNonceSecret(kept)), now)];
  const subjects = row.subjects ?? (await kept('pairwise_salt', random));
  return { keys: dated, cookies, nonces, subjects };
}

/** The name of the row that holds the keys. */
export const ringName = 'signing_keys';

/**
 * Reads the keys of a database, or makes them at the first start.
 *
 * @param signs false where signing keys are given.
 */
export async function loadRing(kept: Kept, signs = true): Promise<Ring> {
  return completedRing(kept, await kept<OldRing>(ringName, () => firstRing(kept, signs)));
}

const bytes = ({ secret }: Secret) => Buffer.from(secret, 'base64url');

/** The JWK of a key, without its status and dates. */
function jwkOf({ status, made_at, active_at, retired_at, ...jwk }: SigningKey): JWK {
  return jwk;
}

/** The keys as a provider uses them; signing keys of the deployment's own take the place of those in the ring. */
export function keysOf(ring: Ring, own?: Keys['jwks']): Keys {
  const order: readonly string[] = signingAlgorithms;
  const sorted = [...ring.keys].sort((a, b) => order.indexOf(a.alg) - order.indexOf(b.alg) || b.made_at - a.made_at);
  const [nonce, ...otherNonces] = inUse(ring.nonces).map(bytes);
  return {
    jwks: own ?? { keys: inUse(sorted).map(jwkOf) },
    cookies: new CookieKeys(inUse(ring.cookies).map(({ secret }) => secret)),
    dpopNonce: nonce ?? randomBytes(32),
    otherNonces,
    subjects: ring.subjects === undefined ? undefined : Buffer.from(ring.subjects, 'base64url'),
  };
}

/** The nonce secret of a database: that of its keys, or a new one where it has no keys yet. */
export async function nonceSecretOf(kept: Kept): Promise<Buffer> {
  const none = new Error('no keys were made yet');
  const ring = await kept<{ keys: JWK[] } & Partial<Ring>>(ringName, () => {
    throw none;
  }).catch((error: unknown) => {
    if (error !== none) throw error;
  });
  if (!ring) return Buffer.from(await firstNonceSecret(kept), 'base64url');
  return keysOf(await completedRing(kept, ring)).dpopNonce;
}

/**
 * Reads the secrets, or makes them at the first start.
 *
 * @param kept keeps a value for all processes: `adapter.kept` of `knexAdapter()`.
 * @param jwks the deployment's own signing keys, in place of those kept.
 * @example
 * const { jwks, cookies, dpopNonce } = await loadKeys(adapter.kept);
 */
export async function loadKeys(kept: Kept, jwks?: Keys['jwks']): Promise<Keys> {
  return keysOf(await loadRing(kept, jwks === undefined), jwks);
}
