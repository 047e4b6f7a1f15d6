import type { Audit } from '../audit/audit.ts';
import type { EventName, Occurrence } from '../audit/event.ts';
import { UsageError } from '../errors.ts';

type About = Pick<Occurrence, 'client' | 'account' | 'details'>;

/** Somebody who administers, and the trail of what they do. */
export class Acts {
  readonly #audit: Audit | undefined;
  readonly #by: string;

  /** @param by who it is, as the trail is to name them */
  constructor(audit: Audit | undefined, by: string) {
    this.#audit = audit;
    this.#by = by;
  }

  /** Records an act that was done; resolves when the record is durable. */
  async record(event: EventName, about: About = {}): Promise<void> {
    await this.#audit?.write({ event, by: this.#by, ...about });
  }

  /** Does an act, and records that it was refused where it is. */
  async attempt<T>(act: string, about: About, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof UsageError) {
        await this.record('admin.refused', { ...about, details: { act, reason: error.message.slice(0, 500) } });
      }
      throw error;
    }
  }
}
