import type { Acts } from '../administration/acts.ts';
import type { EventName } from '../audit/event.ts';
import type { Config } from '../config/load.ts';
import { UsageError } from '../errors.ts';
import { readKey } from '../keys/given_key.ts';
import { makeKey } from '../keys/keys.ts';
import {
  added,
  goneAt,
  keysFor,
  type Policy,
  type Purpose,
  planned,
  promoted,
  purposesOf,
  type Ring,
  removed,
  retired,
  ripeAt,
  type Secret,
  type SigningKey,
  signingAlgorithms,
} from '../keys/ring.ts';
import { type ShownKey, shownKeys } from '../keys/shown_keys.ts';
import type { KnexAdapterFactory } from '../store/adapter.ts';
import { RingRow } from '../store/ring_row.ts';
import { policyOf } from './keys_policy.ts';

const iso = (time: number) => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');

/**
 * Does acts of operators on keys, for the commands and over HTTP. Each act leaves a record, also one that is refused.
 */
export class KeyDesk {
  readonly #row: RingRow;
  readonly #policy: Policy;
  readonly #purposes: readonly Purpose[];
  readonly #acts: Acts;

  constructor(config: Config, acts: Acts, adapter: KnexAdapterFactory) {
    const signs = !config.keys.jwks && !config.keys.module;
    this.#row = new RingRow(adapter, signs);
    this.#policy = policyOf(config);
    this.#purposes = purposesOf(signs);
    this.#acts = acts;
  }

  async list(): Promise<ShownKey[]> {
    return shownKeys(await this.#row.read(), this.#purposes, this.#policy);
  }

  /**
   * Adds a next key, made here or given.
   *
   * @throws {UsageError} when it is no private key of a permitted algorithm, too weak, or there already.
   */
  add(alg: string | undefined, given?: string): Promise<string> {
    return this.#act('keys.added', { alg }, async (ring, now) => {
      const key = given === undefined ? await makeKey(this.#algorithm(alg), now) : await readKey(given, alg, now);
      if (!this.#purposes.includes((key as SigningKey).alg as Purpose)) throw new UsageError(elsewhere);
      if (ring.keys.some(({ kid }) => kid === key.kid)) throw new UsageError(`the key ${key.kid} is there already`);
      return [added(ring, (key as SigningKey).alg as Purpose, key), key.kid, key.kid];
    });
  }

  /**
   * Has the next key of each purpose follow: at once where it has been published long enough, else as soon as it has.
   * One is made where there is none.
   *
   * @returns by purpose, when its next key signs
   */
  rotate(): Promise<Readonly<Record<string, number>>> {
    return this.#act('keys.rotated', {}, async (ring, now) => {
      let after = ring;
      const times: Record<string, number> = {};
      for (const purpose of this.#purposes) {
        let next = keysFor(after, purpose).find(({ status }) => status === 'next');
        if (!next) {
          next = await makeKey(purpose, now);
          after = added(after, purpose, next);
        }
        const ripe = ripeAt(next, this.#policy);
        after = now >= ripe ? promoted(after, purpose, next.kid, now) : planned(after, purpose, next.kid, ripe);
        times[purpose] = Math.max(now, ripe);
        if (now < ripe || this.#policy.rotate_every === undefined) continue;
        if (keysFor(after, purpose).every(({ status }) => status !== 'next') && 'alg' in next)
          after = added(after, purpose, await makeKey(purpose, now));
      }
      return [after, times];
    });
  }

  /**
   * Makes a next key the active one.
   *
   * @throws {UsageError} when it is no next key, or was not published long enough.
   */
  promote(given: string): Promise<string> {
    return this.#act('keys.promoted', { kid: given }, async (ring, now) => {
      const [purpose, key] = this.#known(ring, given);
      const { kid } = key;
      if (key.status !== 'next')
        throw new UsageError(`the key ${kid} is ${key.status}, only a next key can be promoted`);
      const ripe = ripeAt(key, this.#policy);
      if (now < ripe) {
        throw new UsageError(
          `the key ${kid} was made at ${iso(key.made_at)} and is not known to everyone before ${iso(ripe)}: promote it then, or \`keys rotate\` does it by itself`,
        );
      }
      return [promoted(ring, purpose, kid, now), purpose, kid];
    });
  }

  /**
   * Retires the active key for the next one, takes a next key back, and with `now` forgets a retired one, so that nothing
   * it signed verifies any more.
   *
   * @throws {UsageError} when it is the last key that signs.
   */
  retire(given: string, { now: forget = false }: { readonly now?: boolean } = {}): Promise<string> {
    return this.#act('keys.retired', { kid: given, forget }, async (ring, now) => {
      const [purpose, key] = this.#known(ring, given);
      const { kid } = key;
      if (key.status === 'next') return [removed(ring, purpose, kid), 'was not used yet, and is gone', kid];
      if (key.status === 'retired') {
        const gone = goneAt(key, purpose, this.#policy);
        if (forget) return [removed(ring, purpose, kid), 'is gone: nothing it signed verifies any more', kid];
        const when = gone === undefined ? 'stays' : `goes at ${iso(gone)}`;
        throw new UsageError(`the key ${kid} is retired and ${when}: --now forgets it at once`);
      }
      const next = keysFor(ring, purpose).find(
        (other) => other.status === 'next' && now >= ripeAt(other, this.#policy),
      );
      if (!next) {
        throw new UsageError(
          `the key ${kid} is the only one that can sign for ${purpose} now: run \`keys rotate\` first`,
        );
      }
      const followed = retired(promoted(ring, purpose, next.kid, now), purpose, kid, now);
      if (forget) return [removed(followed, purpose, kid), `is gone, ${next.kid} signs`, kid];
      return [followed, `is retired, ${next.kid} signs`, kid];
    });
  }

  #algorithm(alg: string | undefined): Purpose {
    const found = signingAlgorithms.find((known) => known === (alg === 'Ed25519' ? 'EdDSA' : (alg ?? 'ES256')));
    if (!found) throw new UsageError(`${alg} is none of ${signingAlgorithms.join(', ')}`);
    if (!this.#purposes.includes(found)) throw new UsageError(elsewhere);
    return found;
  }

  /** Finds a key by its kid, or by the beginning of it, which is what a table has room for. */
  #known(ring: Ring, given: string): [Purpose, SigningKey | Secret] {
    const all = this.#purposes.flatMap((purpose) =>
      keysFor(ring, purpose).map((key): [Purpose, SigningKey | Secret] => [purpose, key]),
    );
    const beginning = given.replace(/…$/, '');
    const exact = all.find(([, { kid }]) => kid === given);
    const [found, another] = exact
      ? [exact]
      : all.filter(([, { kid }]) => beginning !== '' && kid.startsWith(beginning));
    if (another) throw new UsageError(`several keys begin with ${beginning}: write more of the one that is meant`);
    if (!found) throw new UsageError(`no key ${given}: \`keys list\` shows those there are`);
    return found;
  }

  async #act<T>(
    event: EventName,
    details: Readonly<Record<string, unknown>>,
    make: (ring: Ring, now: number) => Promise<[ring: Ring, said: T, kid?: string]>,
  ): Promise<T> {
    return this.#acts.attempt(event, { details }, async () => {
      const [ring, said, kid] = await make(await this.#row.read(), Date.now());
      return this.#acts.transact(async ({ adapter, record }) => {
        if (!(await this.#row.replace(ring, adapter.store))) {
          throw new UsageError('somebody else has changed the keys at the same time: look at them, and try again');
        }
        record(event, { details: { ...details, ...(kid !== undefined && { kid }) } });
        return said;
      });
    });
  }
}

const elsewhere = 'the signing keys stand in the configuration (keys.jwks or keys.module): change them there';
