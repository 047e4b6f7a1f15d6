import type { JWK } from 'jose';

/**
 * `next`: known to all, signs nothing yet; `active`: signs; `retired`: signs no more, and what it signed still verifies.
 */
export type KeyStatus = 'next' | 'active' | 'retired';

/** A key with its dates, in milliseconds since the epoch. */
export interface Dated {
  readonly status: KeyStatus;
  readonly made_at: number;
  /** When it began to sign; of a next key when it is to begin, where that was decided. */
  readonly active_at?: number | undefined;
  readonly retired_at?: number | undefined;
}

/** A private signing key. */
export type SigningKey = JWK & Dated & { readonly kid: string; readonly alg: string };

/** A secret that processes make and check something with, 32 bytes in base64url. */
export interface Secret extends Dated {
  readonly kid: string;
  readonly secret: string;
}

/**
 * Every key of a database that changes with time. They stand in one row, so that one statement decides who changes it.
 */
export interface Ring {
  readonly keys: readonly SigningKey[];
  /** Secrets that sign cookies. */
  readonly cookies: readonly Secret[];
  /** Secrets that DPoP nonces are made from. */
  readonly nonces: readonly Secret[];
  /**
   * The secret that pairwise subjects are made with, 32 bytes in base64url. It never changes, as every subject would
   * change with it.
   */
  readonly subjects?: string | undefined;
}

/** Algorithms that keys are made for, in the order of preference. */
export const signingAlgorithms = ['ES256', 'PS256', 'EdDSA'] as const;

/** The purpose of a key: an algorithm, cookies or nonces. */
export type Purpose = (typeof signingAlgorithms)[number] | 'cookies' | 'nonces';

/** How keys follow one another; times in milliseconds. */
export interface Policy {
  /** Milliseconds that a key signs; `undefined` leaves rotation to an operator. */
  readonly rotate_every: number | undefined;
  /** From making a signing key to signing with it: clients ask for `/jwks` again after its max-age. */
  readonly publish_for: number;
  /** From making a secret to using it: all processes know it by then. */
  readonly settle: number;
  /** From retiring a key to forgetting it: the longest life of what it made. */
  readonly keep: { readonly keys: number; readonly cookies: number; readonly nonces: number };
}

const listOf = (purpose: Purpose) => (purpose === 'cookies' || purpose === 'nonces' ? purpose : 'keys');

/** The keys of a purpose, in the order in which they were made. */
export function keysFor(ring: Ring, purpose: Purpose): readonly (SigningKey | Secret)[] {
  const all: readonly (SigningKey | Secret)[] = ring[listOf(purpose)];
  return all.filter((key) => !('alg' in key) || key.alg === purpose);
}

/** The purposes of a ring; without those that sign where the configuration has signing keys of its own. */
export const purposesOf = (signs: boolean): Purpose[] => [...(signs ? signingAlgorithms : []), 'cookies', 'nonces'];

/** When a key may begin to sign, in milliseconds since the epoch. */
export function ripeAt(key: SigningKey | Secret, policy: Policy): number {
  return key.made_at + ('alg' in key ? policy.publish_for : policy.settle);
}

/** When a retired key is forgotten. */
export function goneAt(key: Dated, purpose: Purpose, { keep }: Policy): number | undefined {
  return key.retired_at === undefined ? undefined : key.retired_at + keep[listOf(purpose)];
}

/** The ring with other keys of one purpose. */
function replaced(ring: Ring, purpose: Purpose, change: (key: SigningKey | Secret) => Dated | undefined): Ring {
  const list = listOf(purpose);
  const keys = ring[list].flatMap((key) => {
    if ('alg' in key && key.alg !== purpose) return [key];
    const changed = change(key);
    return changed ? [{ ...key, ...changed }] : [];
  });
  return { ...ring, [list]: keys };
}

/** Adds a key. */
export function added(ring: Ring, purpose: Purpose, key: SigningKey | Secret): Ring {
  const list = listOf(purpose);
  return { ...ring, [list]: [...ring[list], key] };
}

/** A next key becomes the active one, and the active one retires. */
export function promoted(ring: Ring, purpose: Purpose, kid: string, now: number): Ring {
  return replaced(ring, purpose, (key) => {
    if (key.kid === kid) return { ...key, status: 'active', active_at: now };
    return key.status === 'active' ? { ...key, status: 'retired', retired_at: now } : key;
  });
}

/** Says when a next key is to become active. */
export const planned = (ring: Ring, purpose: Purpose, kid: string, at: number): Ring =>
  replaced(ring, purpose, (key) => (key.kid === kid ? { ...key, active_at: at } : key));

/** Takes a key away. */
export const removed = (ring: Ring, purpose: Purpose, kid: string): Ring =>
  replaced(ring, purpose, (key) => (key.kid === kid ? undefined : key));

/** Retires a key without another one in its place. */
export const retired = (ring: Ring, purpose: Purpose, kid: string, now: number): Ring =>
  replaced(ring, purpose, (key) => (key.kid === kid ? { ...key, status: 'retired', retired_at: now } : key));

/** Makes a key for a purpose. */
export type MakeKey = (purpose: Purpose, now: number) => Promise<SigningKey | Secret>;

/**
 * Does what is due for one purpose: retired keys are forgotten, the next key becomes active, another next key is made. A
 * signing key is made as soon as there is no next one, so that there is one to turn to in need; a secret when it is due.
 *
 * @returns the same ring where nothing is due
 */
async function keptUp(ring: Ring, purpose: Purpose, policy: Policy, now: number, make: MakeKey): Promise<Ring> {
  let kept = ring;
  for (const key of keysFor(ring, purpose)) {
    if (now >= (goneAt(key, purpose, policy) ?? Number.POSITIVE_INFINITY)) kept = removed(kept, purpose, key.kid);
  }
  const active = keysFor(kept, purpose).find(({ status }) => status === 'active');
  if (!active) {
    const key = await make(purpose, now);
    return added(kept, purpose, { ...key, status: 'active', active_at: now });
  }
  const every = policy.rotate_every ?? Number.POSITIVE_INFINITY;
  const dueAt = (active.active_at ?? active.made_at) + every;
  const waiting = keysFor(kept, purpose).filter(({ status }) => status === 'next');
  const isDue = (key: SigningKey | Secret) =>
    now >= ripeAt(key, policy) && now >= Math.min(key.active_at ?? dueAt, dueAt);
  const next = waiting.find(isDue);
  if (next) kept = promoted(kept, purpose, next.kid, now);
  const left = waiting.length - (next ? 1 : 0);
  const signs = listOf(purpose) === 'keys';
  // A key is ready when its turn comes, also where turns come faster than clients ask for the keys.
  const ahead = signs ? Math.max(1, Math.ceil(policy.publish_for / every)) : now >= dueAt && !next ? 1 : 0;
  const newest = Math.max(...keysFor(kept, purpose).map(({ made_at }) => made_at));
  const isTime = left === 0 || now >= newest + every;
  if (policy.rotate_every !== undefined && left < ahead && isTime)
    kept = added(kept, purpose, await make(purpose, now));
  return kept;
}

/**
 * Does what is due for every purpose.
 *
 * @returns the same ring where nothing is
 */
export async function keepUp(
  ring: Ring,
  purposes: readonly Purpose[],
  policy: Policy,
  now: number,
  make: MakeKey,
): Promise<Ring> {
  let kept = ring;
  for (const purpose of purposes) kept = await keptUp(kept, purpose, policy, now, make);
  return kept;
}

/** The keys of a purpose as they are used: the active one first, all others verify. */
export function inUse<T extends Dated>(keys: readonly T[]): T[] {
  const order: readonly KeyStatus[] = ['active', 'next', 'retired'];
  return order.flatMap((status) => keys.filter((key) => key.status === status));
}
