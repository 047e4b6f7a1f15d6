import type { Appended, AuditRow, Entry, TrailWriter } from '../store/trail.ts';
import { Chain, type Link } from './chain.ts';
import { checkpoint, type Signer } from './checkpoint.ts';

/** Settings of the trail of one process. */
export interface TrailOptions {
  /** The process's name, as in `oidc_nodes`. */
  readonly node: string;
  readonly sign: Signer;
  /** Told of rows once they are durable. */
  readonly written?: ((rows: readonly AuditRow[]) => void) | undefined;
  /** Rows go to the database; default true. */
  readonly database?: boolean | undefined;
  /** Ends of chains that are known when this process starts: its first record vouches for them. */
  readonly known?: readonly Link[] | undefined;
}

/** Rows of a chain after which it is signed again. */
const signEvery = 500;
/** Records that wait for a statement to travel with, at most; beyond, they are counted and left out. */
const bound = 4096;

interface Growing {
  readonly chain: Chain;
  unsigned: number;
}

/**
 * The chains of one process. Statements that are under way at the same time append to different chains, so that each
 * chain has one order. Records that belong to no row that is written wait here for the next statement.
 */
export class Trail implements TrailWriter {
  readonly #options: TrailOptions;
  readonly #free: Growing[] = [];
  readonly #waiting: Entry[] = [];
  /** Ends of chains that were given up, to be named by the next one that begins. */
  #known: Link[];
  #dropped = 0;

  constructor(options: TrailOptions) {
    this.#options = options;
    this.#known = [...(options.known ?? [])];
  }

  /** The ends of chains that are not under way. */
  get ends(): Link[] {
    return this.#free.map(({ chain }) => chain.end);
  }

  get isWaiting(): boolean {
    return this.#waiting.length + this.#dropped > 0;
  }

  /** Keeps a record for the next statement that leaves. */
  put(entry: Entry): void {
    if (this.#waiting.length < bound) this.#waiting.push(entry);
    else this.leaveOut();
  }

  withdrawn(entries: readonly Entry[], refusal: Error): void {
    const [first] = entries;
    if (!first) return;
    const wasCode = /consumed/.test((refusal as { error_detail?: string }).error_detail ?? refusal.message);
    const [event, clause] = wasCode
      ? ['code.reused', 'FAPI2-SP-FINAL-5.3.2.2-9']
      : ['replay.refused', 'FAPI2-SP-FINAL-6.2'];
    const record = asRecord({ instead_of: entries.map((entry) => entry.event) });
    this.put({ ...first, at: Date.now(), event, clause, account: null, record });
  }

  /** Counts a record that is not kept. */
  leaveOut(): void {
    this.#dropped += 1;
  }

  /** Gives entries, and those that wait, their places in a chain that no other statement is appending to. */
  append(entries: readonly Entry[] = []): Appended | undefined {
    return this.appendAlone([...this.#waiting.splice(0), ...this.#lost(), ...entries]);
  }

  /** Gives entries their places without those that wait, for a transaction that may be rolled back. */
  appendAlone(all: readonly Entry[]): Appended | undefined {
    return all.length === 0 ? undefined : this.#extend(this.#free.shift() ?? this.#begin(), all);
  }

  /**
   * Signs the ends of chains that have grown since they were signed.
   *
   * @param every also those that grew by one row only
   */
  async sign(every: boolean, write: (appended: Appended) => Promise<void>): Promise<void> {
    for (const growing of this.#free.filter(({ unsigned }) => unsigned >= (every ? 1 : signEvery))) {
      const index = this.#free.indexOf(growing);
      if (index < 0) continue;
      this.#free.splice(index, 1);
      const record = Buffer.from(await checkpoint(this.#options.sign, growing.chain.end)).toString('hex');
      const appended = this.#extend(growing, [entryOf('audit.checkpoint', record)]);
      growing.unsigned = 0;
      await write(appended);
    }
  }

  #begin(): Growing {
    return { chain: new Chain(this.#options.node), unsigned: 0 };
  }

  #lost(): Entry[] {
    if (this.#dropped === 0) return [];
    const record = asRecord({ records: this.#dropped });
    this.#dropped = 0;
    return [entryOf('audit.dropped', record)];
  }

  #extend(growing: Growing, entries: readonly Entry[]): Appended {
    const before = growing.chain.end;
    const began = before.seq === 0 ? [entryOf('audit.began', asRecord({ known: this.#known.splice(0) }))] : [];
    const rows = growing.chain.append([...began, ...entries]);
    growing.unsigned += rows.length;
    return {
      rows: this.#options.database === false ? [] : rows,
      done: () => {
        this.#free.push(growing);
        this.#options.written?.(rows);
      },
      failed: () => {
        // The records are lost with the statement, as is what they told of.
        if (before.seq > 0) this.#known.push(before);
      },
    };
  }
}

export const asRecord = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('hex');

/** A record about the trail itself. */
export function entryOf(event: string, record: string | null): Entry {
  const nothing = { clause: null, flow: null, client: null, account: null, grant_id: null };
  return { at: Date.now(), event, ...nothing, interaction_id: null, address: null, record };
}
