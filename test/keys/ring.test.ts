import { expect } from 'chai';

import { type Kept, keysOf, loadKeys, loadRing, nonceSecretOf, secretOf } from '../../lib/keys/keys.ts';
import { keepUp, keysFor, type MakeKey, type Policy, type Purpose, type Ring } from '../../lib/keys/ring.ts';

const day = 86_400_000;
const policy: Policy = {
  rotate_every: 90 * day,
  publish_for: 605_000,
  settle: 5000,
  keep: { keys: day, cookies: 2 * day, nonces: 305_000 },
};
const start = Date.UTC(2026, 0, 1);

let made = 0;
const make: MakeKey = async (purpose, now) => {
  made += 1;
  if (purpose === 'cookies' || purpose === 'nonces') return secretOf(now);
  return { kty: 'EC', kid: `${purpose} ${made}`, alg: purpose, status: 'next', made_at: now };
};
const none: Ring = { keys: [], cookies: [], nonces: [] };
const all: Purpose[] = ['ES256', 'cookies', 'nonces'];
const statuses = (ring: Ring, purpose: Purpose) => keysFor(ring, purpose).map(({ status }) => status);

describe('The secret of pairwise subjects', () => {
  it('is made once, also for a ring from before there was one, and outlives every rotation', async () => {
    const rows = new Map<string, unknown>([['signing_keys', { keys: [] }]]);
    const kept = async <T>(name: string, value: () => T | Promise<T>) => {
      if (!rows.has(name)) rows.set(name, await value());
      return rows.get(name) as T;
    };
    const first = keysOf(await loadRing(kept)).subjects;
    expect(first).to.have.length(32);
    expect(keysOf(await loadRing(kept)).subjects).to.deep.equal(first);
    let ring = await loadRing(kept);
    for (const days of [100, 101, 300]) ring = await keepUp(ring, all, policy, start + days * day, make);
    expect(keysOf(ring).subjects).to.deep.equal(first);
    const made = await loadRing(async (_name, value) => value());
    expect(keysOf(made).subjects).to.have.length(32);
  });
});

describe('Keys that follow one another', () => {
  it('begin with an active one, and have the next signing key ready', async () => {
    let ring = await keepUp(none, all, policy, start, make);
    expect(all.map((purpose) => statuses(ring, purpose))).to.deep.equal([['active'], ['active'], ['active']]);
    ring = await keepUp(ring, all, policy, start + 10_000, make);
    expect(statuses(ring, 'ES256')).to.deep.equal(['active', 'next']);
    expect(await keepUp(ring, all, policy, start + 20_000, make), 'the same, where nothing is due').to.equal(ring);
  });

  it('are rotated when their time is over, and forgotten when what they signed is', async () => {
    let ring = await keepUp(none, all, policy, start, make);
    ring = await keepUp(ring, all, policy, start + 1000, make);
    const due = start + 90 * day;
    ring = await keepUp(ring, all, policy, due, make);
    expect(statuses(ring, 'ES256')).to.deep.equal(['retired', 'active', 'next']);
    // A secret is made when it is due, and used once every process has it.
    expect(statuses(ring, 'nonces')).to.deep.equal(['active', 'next']);
    ring = await keepUp(ring, all, policy, due + 4999, make);
    expect(statuses(ring, 'nonces')).to.deep.equal(['active', 'next']);
    ring = await keepUp(ring, all, policy, due + 5000, make);
    expect(statuses(ring, 'nonces')).to.deep.equal(['retired', 'active']);
    ring = await keepUp(ring, all, policy, due + day - 1, make);
    expect(statuses(ring, 'ES256')).to.deep.equal(['retired', 'active', 'next']);
    ring = await keepUp(ring, all, policy, due + day, make);
    expect(statuses(ring, 'ES256')).to.deep.equal(['active', 'next']);
    expect(statuses(ring, 'cookies')).to.deep.equal(['retired', 'active']);
  });

  it('never sign before they were published, however late the one before is', async () => {
    let ring = await keepUp(none, ['ES256'], policy, start, make);
    const late = start + 200 * day;
    ring = await keepUp(ring, ['ES256'], policy, late, make);
    expect(statuses(ring, 'ES256')).to.deep.equal(['active', 'next']);
    ring = await keepUp(ring, ['ES256'], policy, late + 604_999, make);
    expect(statuses(ring, 'ES256')).to.deep.equal(['active', 'next']);
    ring = await keepUp(ring, ['ES256'], policy, late + 605_000, make);
    expect(statuses(ring, 'ES256')).to.deep.equal(['retired', 'active', 'next']);
  });

  it('are several steps ahead where they follow faster than clients ask for them', async () => {
    const fast = { ...policy, rotate_every: 2000, publish_for: 6000 };
    let ring = none;
    for (let now = start; now <= start + 60_000; now += 500) ring = await keepUp(ring, ['ES256'], fast, now, make);
    const times = keysFor(ring, 'ES256').flatMap(({ active_at }) => active_at ?? []);
    expect(times.slice(-5).map((time, index, list) => time - (list[index - 1] ?? time - 2000))).to.deep.equal(
      Array.from({ length: 5 }, () => 2000),
    );
  });

  it('of an earlier version go on: keys without dates, secrets in rows of their own', async () => {
    const rows: Record<string, unknown> = {
      signing_keys: { keys: [{ kty: 'EC', kid: 'old', alg: 'ES256' }] },
      cookie_keys: ['A'.repeat(43)],
      dpop_nonce_secret: 'B'.repeat(43),
    };
    const ring = await loadRing(async (name) => rows[name] as never);
    const keys = keysOf(ring);
    expect(keys.jwks.keys).to.deep.equal([{ kty: 'EC', kid: 'old', alg: 'ES256' }]);
    expect(keys.dpopNonce.toString('base64url')).to.equal('B'.repeat(43).replace(/B$/, 'A'));
    expect(statuses(ring, 'ES256')).to.deep.equal(['active']);
  });

  it('are used with the active one first, and nothing but the key itself goes into the key set', async () => {
    let ring = await keepUp(none, all, policy, start, make);
    ring = await keepUp(ring, all, policy, start + 1000, make);
    ring = await keepUp(ring, all, policy, start + 90 * day, make);
    const { jwks, otherNonces } = keysOf(ring);
    const kids = (status: string) => ring.keys.filter((key) => key.status === status).map(({ kid }) => kid);
    expect(jwks.keys.map(({ kid }) => kid)).to.deep.equal([...kids('active'), ...kids('next'), ...kids('retired')]);
    expect(Object.keys(jwks.keys[0] ?? {})).to.have.members(['kty', 'kid', 'alg']);
    expect(otherNonces).to.have.length(1);
  });
});

describe('The nonce secret of a database', () => {
  /** Keeps values as a database does. */
  function keeping() {
    const rows = new Map<string, unknown>();
    const kept: Kept = async <T>(name: string, make: () => T | Promise<T>) => {
      if (!rows.has(name)) rows.set(name, await make());
      return rows.get(name) as T;
    };
    return { kept, rows };
  }

  it('is the same for whoever asks first, for the secret alone or for all keys', async () => {
    const [alone, together] = [keeping(), keeping()];
    const first = await nonceSecretOf(alone.kept);
    expect([...alone.rows.keys()], 'no signing keys are made for it').to.deep.equal(['dpop_nonce_secret']);
    expect((await loadKeys(alone.kept)).dpopNonce.equals(first)).to.equal(true);
    const { dpopNonce } = await loadKeys(together.kept);
    expect((await nonceSecretOf(together.kept)).equals(dpopNonce)).to.equal(true);
  });

  it('is not made anew where the database does not answer', async () => {
    const away: Kept = async () => {
      throw new Error('the database is away');
    };
    expect(await nonceSecretOf(away).catch((error: Error) => error.message)).to.equal('the database is away');
  });
});
