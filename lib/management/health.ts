import type { X509Certificate } from 'node:crypto';

import type { Knex } from 'knex';

import { clockOffset, TOLERATED } from '../database/clock.ts';
import { schemaFaults, serverFaults } from '../database/readiness.ts';
import { schemaStatus } from '../database/schema.ts';
import { redacted } from '../redact.ts';

/** A certificate that is served, by the listener's name in the configuration file. */
export interface Served {
  readonly listener: string;
  readonly certificate: X509Certificate;
}

/** The parts of a server that `/readyz` looks at. */
export interface HealthOptions {
  readonly knex: Knex;
  readonly schema?: string | undefined;
  readonly certificates: () => readonly Served[];
  /** Sentences about the fleet for operators. They do not make this process unready. */
  readonly warnings?: () => readonly string[];
}

export type State = 'starting' | 'serving' | 'stopping';

/** The body of `/readyz`. */
export interface HealthReport {
  readonly status: 'ready' | 'starting' | 'stopping' | 'unavailable';
  /** `ok`, or what is wrong, by subject. */
  readonly checks: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** Milliseconds the database has for an answer. */
const patience = 2000;
/** Milliseconds for which the same report is answered. */
const good = 1000;

const reasonOf = (error: unknown) =>
  redacted((error as Error).message || String((error as NodeJS.ErrnoException).code));

/** Resolves as the question does, or rejects when `patience` is over; the question may still be answered later. */
async function inTime<T>(question: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it does not answer within ${patience / 1000} s`)), patience);
  });
  return Promise.race([question, late]).finally(() => clearTimeout(timer));
}

/** Finds out if this process may be sent requests. One question at a time goes to the database, however often it is asked. */
export class Health {
  state: State = 'starting';
  /** The process's clock less the database's, in milliseconds, when it was last asked for. */
  clockOffset: number | undefined;
  readonly #options: HealthOptions;
  #asking: Promise<Record<string, string>> | undefined;
  #asked = 0;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  async report(): Promise<HealthReport> {
    const { state } = this;
    const warnings = this.#options.warnings?.() ?? [];
    if (state !== 'serving') return { status: state, checks: {}, warnings };
    if (!this.#asking || performance.now() - this.#asked > good) {
      this.#asked = performance.now();
      this.#asking = this.#ask();
    }
    const checks = await this.#asking;
    // The signal may have come meanwhile.
    const status = this.state === 'serving' ? (allWell(checks) ? 'ready' : 'unavailable') : this.state;
    return { status, checks, warnings };
  }

  async #ask(): Promise<Record<string, string>> {
    const { knex, schema } = this.#options;
    const certificate = this.#certificates();
    try {
      const [server, status, offset] = await inTime(
        Promise.all([serverFaults(knex), schemaStatus(knex, { schema }), clockOffset(knex)]),
      );
      this.clockOffset = offset;
      return {
        database: told(server),
        schema: told(schemaFaults(status)),
        clock: Math.abs(offset) > TOLERATED * 1000 ? `${offset} ms from the database's: set both` : 'ok',
        certificate,
      };
    } catch (error) {
      return { database: reasonOf(error), certificate };
    }
  }

  #certificates(): string {
    const now = Date.now();
    return told(
      this.#options.certificates().flatMap(({ listener, certificate }) => {
        if (Date.parse(certificate.validTo) <= now) return [`that of ${listener} ended at ${certificate.validTo}`];
        return Date.parse(certificate.validFrom) > now
          ? [`that of ${listener} begins at ${certificate.validFrom}`]
          : [];
      }),
    );
  }
}

const told = (faults: readonly string[]) => faults.join('; ') || 'ok';
const allWell = (checks: Readonly<Record<string, string>>) => Object.values(checks).every((check) => check === 'ok');
