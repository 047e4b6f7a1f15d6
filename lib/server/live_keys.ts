import { Acts } from '../administration/acts.ts';
import type { Audit } from '../audit/audit.ts';
import type { Config } from '../config/load.ts';
import { type Keys, keysOf, makeKey } from '../keys/keys.ts';
import { keepUp, purposesOf, type Ring } from '../keys/ring.ts';
import { log } from '../log.ts';
import type { KnexAdapterFactory } from '../store/adapter.ts';
import { RingRow } from '../store/ring_row.ts';
import { ownKeys } from './key_module.ts';
import { policyOf } from './keys_policy.ts';
import type { Serving } from './serving.ts';

/** Milliseconds from one look for changed keys to the next. */
const every = 1000;
/** Milliseconds from one look for what is due to the next, at most. */
const longest = 10_000;

/** Kids of the keys that sign, by purpose. */
const signersOf = ({ keys, cookies, nonces }: Ring): Record<string, string> =>
  Object.fromEntries(
    [
      ...keys.map((key) => ({ ...key, purpose: key.alg })),
      ...cookies.map((key) => ({ ...key, purpose: 'cookies' })),
      ...nonces.map((key) => ({ ...key, purpose: 'nonces' })),
    ]
      .filter(({ status }) => status === 'active')
      .map(({ purpose, kid }) => [purpose, kid]),
  );

/**
 * Follows the keys of the database as they change: changes by other processes are taken within two seconds, and one
 * process does what is due.
 */
export class LiveKeys {
  readonly #adapter: KnexAdapterFactory;
  readonly #audit: Audit | undefined;
  #row: RingRow;
  /** True where keys were read and the provider that was made with them does not serve. */
  #isUntaken = false;

  constructor(adapter: KnexAdapterFactory, audit: Audit | undefined) {
    this.#adapter = adapter;
    this.#audit = audit;
    this.#row = new RingRow(adapter);
  }

  /** The keys under a configuration, made where there are none. */
  async of(config: Config): Promise<Keys> {
    const own = await ownKeys(config);
    this.#row = new RingRow(this.#adapter, own === undefined);
    const ring = await this.#row.read();
    const lacks = own === undefined && ring.keys.every(({ status }) => status !== 'active');
    if (lacks) await this.#keepUp(config, own === undefined);
    return keysOf(lacks ? await this.#row.read() : ring, own);
  }

  /** Has the next look take the keys again. */
  takeAgain(): void {
    this.#isUntaken = true;
  }

  /** Looks for changes, and does what is due, until it is stopped. */
  follow(serving: Serving): () => Promise<void> {
    let looking = Promise.resolve();
    let isBusy = false;
    let lookedAt = performance.now();
    const look = async () => {
      const { config } = serving.now;
      const pace = Math.min(longest, Math.max(500, (policyOf(config).rotate_every ?? longest) / 4));
      if (performance.now() - lookedAt >= pace) {
        lookedAt = performance.now();
        await this.#keepUp(config, !config.keys.jwks && !config.keys.module);
      }
      if (this.#isUntaken || (await this.#row.isChanged())) {
        this.#isUntaken = true;
        await serving.change({ keys: await this.of(config) });
        this.#isUntaken = false;
        log.info({ active: signersOf(await this.#row.read()) }, 'changed keys are in use');
      }
    };
    const timer = setInterval(() => {
      if (isBusy) return;
      isBusy = true;
      looking = look()
        // A database that is away is told of by the store; the next look tries again.
        .catch(({ message }: Error) => log.debug({ reason: message }, 'keys could not be looked at'))
        .then(() => {
          isBusy = false;
        });
    }, every / 2).unref();
    return async () => {
      clearInterval(timer);
      await looking;
    };
  }

  /**
   * Does what is due, in one transaction with its record. Every process tries, and the first to write has done it. One
   * that is killed in the middle has changed nothing, and another does it.
   */
  async #keepUp(config: Config, signs: boolean): Promise<void> {
    const row = new RingRow(this.#adapter, signs);
    const ring = await row.read();
    const kept = await keepUp(ring, purposesOf(signs), policyOf(config), Date.now(), makeKey);
    if (kept === ring) return;
    const [before, active] = [signersOf(ring), signersOf(kept)];
    const isRotated = Object.keys(active).some((purpose) => active[purpose] !== before[purpose]);
    const acts = new Acts(this.#adapter, this.#audit, 'keys.rotate_every');
    const isDone = await acts.transact(async ({ adapter, record }) => {
      if (!(await row.replace(kept, adapter.store))) return false;
      record(isRotated ? 'keys.rotated' : 'keys.added', { details: { active } });
      return true;
    });
    if (isDone) log.info({ active }, isRotated ? 'keys were rotated' : 'next keys were made');
  }
}
