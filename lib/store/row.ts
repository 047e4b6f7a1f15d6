import { hash } from 'node:crypto';

/** A row as it is written: nothing in it tells what it is about, but to who holds the key and the id. */
export interface Row {
  /** The primary key, and the key a distributed database spreads rows by. */
  readonly id: Buffer;
  readonly model: string;
  /** Sealed; none in a row that says all it has to say by being there. */
  readonly payload: Buffer | null;
  /** The id of the grant's own row. */
  readonly grant_id: Buffer | null;
  /** The other name a row is found by: a session's uid, a device's user code. */
  readonly alias: Buffer | null;
  /** Seconds since the epoch, retention included; none keeps the row for good. */
  readonly expires_at: number | null;
  /** See the write statement for what it decides. */
  readonly consumed_at: number | null;
}

/** A row as it is found. */
export type Found = Pick<Row, 'id' | 'payload' | 'expires_at' | 'consumed_at'>;

/** Neither ids, which are the tokens themselves, nor grants, uids and user codes are readable at rest. */
export function rowId(model: string, id: string): Buffer {
  return hash('sha256', `${model}\0${id}`, 'buffer');
}

export function aliasOf(model: string, member: 'uid' | 'userCode', value: string): Buffer {
  return hash('sha256', `${model}\0${member}\0${value}`, 'buffer');
}

/** A bytea as a key of a Map. */
export function keyOf(id: Buffer): string {
  return id.toString('latin1');
}
