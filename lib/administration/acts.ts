import type { Audit } from '../audit/audit.ts';
import type { EventName, Occurrence } from '../audit/event.ts';
import { UsageError } from '../errors.ts';
import type { KnexAdapterFactory } from '../store/adapter.ts';
import type { Appended } from '../store/trail.ts';

type About = Pick<Occurrence, 'client' | 'account' | 'details'>;

/** An act under way, in one transaction with its records. */
export interface Act {
  /** The rows as the transaction sees them. */
  readonly adapter: KnexAdapterFactory;
  /** Records what was done: it is durable if and only if that is. */
  record(event: EventName, about?: About): void;
}

/** Somebody who administers, and the trail of what they do. */
export class Acts {
  readonly #adapter: KnexAdapterFactory;
  readonly #audit: Audit | undefined;
  readonly #by: string;

  /** @param by who it is, as the trail is to name them */
  constructor(adapter: KnexAdapterFactory, audit: Audit | undefined, by: string) {
    this.#adapter = adapter;
    this.#audit = audit;
    this.#by = by;
  }

  /** Records an act that changed nothing, or was done bit by bit; resolves when the record is durable. */
  async record(event: EventName, about: About = {}): Promise<void> {
    await this.#audit?.write({ event, by: this.#by, ...about });
  }

  /** Does an act, and records that it was refused where it is. */
  async attempt<T>(act: string, about: About, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof UsageError) {
        const reason = error.message.slice(0, 500);
        await this.record('admin.refused', { ...about, details: { ...about.details, act, reason } });
      }
      throw error;
    }
  }

  /** Does an act and records it in one transaction. An act that is stopped in the middle has changed nothing. */
  async transact<T>(work: (act: Act) => Promise<T>): Promise<T> {
    let appended: Appended | undefined;
    const result = await this.#adapter
      .transaction(async (adapter) => {
        appended?.failed();
        appended = undefined;
        const occurrences: Occurrence[] = [];
        const done = await work({
          adapter,
          record: (event, about) => void occurrences.push({ event, by: this.#by, ...about }),
        });
        appended = await this.#audit?.append(occurrences, adapter.store);
        return done;
      })
      .catch((error: unknown) => {
        appended?.failed();
        throw error;
      });
    appended?.done();
    return result;
  }
}
