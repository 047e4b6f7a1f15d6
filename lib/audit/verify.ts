import type { JWK } from 'jose';

import type { AuditRow } from '../store/trail.ts';
import { beginning, hashOf, type Link } from './chain.ts';
import { isSigned } from './checkpoint.ts';

/** A place in the trail that is not as it was written. */
export interface Fault {
  readonly chain: string;
  readonly seq: number;
  readonly text: string;
}

/** The result of a verification. */
export interface Verified {
  readonly rows: number;
  readonly chains: number;
  readonly checkpoints: number;
  /** Rows after the last checkpoint of their chain, which only the chain itself vouches for. */
  readonly unsigned: number;
  readonly faults: readonly Fault[];
}

/** Faults that are listed at most. */
const most = 1000;

function recordOf({ record }: AuditRow): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(record ?? '', 'hex').toString()) ?? {};
  } catch {
    return {};
  }
}

/** The ends of other chains, as the first record of a chain names them. */
function linksOf(row: AuditRow): readonly Link[] {
  const { known } = recordOf(row);
  return Array.isArray(known) ? known : [];
}

/** Reads up to which row a record says that chains were dropped. */
function cutsOf(row: AuditRow): [string, number][] {
  return Object.entries(recordOf(row).cut ?? {}).map(([chain, seq]) => [chain, Number(seq)]);
}

/** Checks rows, which come by chain and within it by place. */
class Verifier {
  rows = 0;
  chains = 0;
  checkpoints = 0;
  readonly faults: Fault[] = [];
  readonly ends = new Map<string, Link>();
  readonly #keys: ReadonlyMap<string, JWK>;
  /** The last rows of chains that retention dropped, by the word of a signed record. */
  readonly #cuts = new Map<string, number>();
  /** The last rows of chains that retention dropped, by a record that no checkpoint has signed yet. */
  #unsignedCuts: [string, number][] = [];
  /** Chains whose beginning is gone: the first row that is still there of each. */
  readonly #begun: AuditRow[] = [];
  #last: AuditRow | undefined;
  /** Ends of chains that the first records of others name. */
  readonly #vouched: Link[] = [];
  #unsigned = 0;
  /** Rows of the chain under way since its last checkpoint. */
  #open = 0;

  constructor(keys: ReadonlyMap<string, JWK>) {
    this.#keys = keys;
  }

  async add(row: AuditRow): Promise<void> {
    const last = this.#last?.chain === row.chain ? this.#last : undefined;
    this.rows += 1;
    if (!last) this.#begin(row);
    else if (row.seq !== last.seq + 1) this.#fault(row, `${row.seq - last.seq - 1} rows before it are missing`);
    const previous = last?.hash ?? (row.seq === 1 ? beginning(row.chain) : undefined);
    const follows = previous !== undefined && (last === undefined || row.seq === last.seq + 1);
    if (follows && hashOf(previous, row) !== row.hash) this.#fault(row, 'is not as it was written');
    this.#open += 1;
    if (row.event === 'audit.checkpoint' && follows) {
      if (await isSigned(row, previous, this.#keys)) this.#sign();
      else this.#fault(row, 'has no valid signature');
    }
    if (row.event === 'audit.began') this.#vouched.push(...linksOf(row));
    if (row.event === 'audit.retired') this.#unsignedCuts.push(...cutsOf(row));
    this.#last = row;
    this.ends.set(row.chain, row);
  }

  get unsigned(): number {
    return this.#unsigned + this.#open;
  }

  #begin(row: AuditRow): void {
    this.chains += 1;
    this.#unsigned += this.#open;
    this.#open = 0;
    this.#unsignedCuts = [];
    if (row.seq !== 1) this.#begun.push(row);
  }

  #sign(): void {
    this.checkpoints += 1;
    this.#open = 0;
    for (const [chain, seq] of this.#unsignedCuts) this.#cuts.set(chain, Math.max(seq, this.#cuts.get(chain) ?? 0));
    this.#unsignedCuts = [];
  }

  /** Compares with the ends of chains that were noted, by a node or by another chain. */
  compare(noted: readonly Link[]): void {
    for (const row of this.#begun) {
      const missing = row.seq - 1 - (this.#cuts.get(row.chain) ?? 0);
      if (missing > 0) this.#fault(row, `${missing} rows before it are missing`);
    }
    for (const link of [...noted, ...this.#vouched]) this.#compare(link);
  }

  #compare({ chain, seq, hash }: Link): void {
    if (seq <= (this.#cuts.get(chain) ?? 0)) return;
    const end = this.ends.get(chain);
    if (!end) this.#fault({ chain, seq }, 'the whole chain is missing');
    else if (end.seq < seq) this.#fault({ chain, seq: end.seq + 1 }, `${seq - end.seq} rows at the end are missing`);
    else if (end.seq === seq && end.hash !== hash) this.#fault({ chain, seq }, 'is not as it was written');
  }

  #fault({ chain, seq }: Pick<AuditRow, 'chain' | 'seq'>, text: string): void {
    if (this.faults.length < most) this.faults.push({ chain, seq, text });
  }
}

/**
 * Verifies the trail: that no row is missing, edited or in another place, and that checkpoints are signed.
 *
 * @param rows by chain, and within it by place
 * @param keys public keys of the server by `kid`
 * @param expected ends of chains that were noted elsewhere
 */
export async function verifyTrail(
  rows: AsyncIterable<AuditRow>,
  { keys, expected = [] }: { keys: ReadonlyMap<string, JWK>; expected?: readonly Link[] },
): Promise<Verified> {
  const verifier = new Verifier(keys);
  for await (const row of rows) await verifier.add(row);
  verifier.compare(expected);
  const { chains, checkpoints, unsigned, faults } = verifier;
  return { rows: verifier.rows, chains, checkpoints, unsigned, faults };
}
