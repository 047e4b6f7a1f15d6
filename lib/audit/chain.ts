import { hash, randomUUID } from 'node:crypto';

import type { AuditRow, Entry } from '../store/trail.ts';

/** The end of a chain: the row a checkpoint signs. */
export type Link = Pick<AuditRow, 'at' | 'node' | 'chain' | 'seq' | 'hash'>;

/** The hash a chain begins with, in the place of the row before the first. */
export const beginning = (chain: string): string => hash('sha256', `chain ${chain}`);

/** The hash of a row: of the row before it and of every column of its own. */
export function hashOf(previous: string, row: Omit<AuditRow, 'hash'>): string {
  const { at, node, chain, seq, event, clause, flow, client, account, grant_id, interaction_id, address, record } = row;
  const columns = [at, node, chain, seq, event, clause, flow, client, account, grant_id, interaction_id, address];
  return hash('sha256', JSON.stringify([previous, ...columns, record]));
}

/**
 * A chain of records, each with the hash of the one before it. One statement at a time appends to it; where nobody
 * knows whether a statement was done, another chain begins.
 */
export class Chain {
  readonly id = randomUUID();
  readonly node: string;
  #seq = 0;
  #at = 0;
  #last = beginning(this.id);

  constructor(node: string) {
    this.node = node;
  }

  get end(): Link {
    return { at: this.#at, node: this.node, chain: this.id, seq: this.#seq, hash: this.#last };
  }

  /** Gives the entries their places at the end of the chain. */
  append(entries: readonly Entry[]): AuditRow[] {
    return entries.map((entry) => {
      this.#seq += 1;
      this.#at = entry.at;
      const row = { ...entry, node: this.node, chain: this.id, seq: this.#seq };
      this.#last = hashOf(this.#last, row);
      return { ...row, hash: this.#last };
    });
  }
}
