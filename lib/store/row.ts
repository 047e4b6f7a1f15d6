import { hash } from 'node:crypto';

import type { AdapterPayload } from 'oidc-provider';

import { seconds } from '../seconds.ts';
import type { Entry } from './trail.ts';

/** A payload as it is sealed: with what `Foresight` wants to find with it, under the name it has always had. */
export type Sealed = AdapterPayload & { readonly session_row?: string | undefined; readonly flow?: string | undefined };

/** A row to be written. At rest it tells what it is about only to somebody who has the key and the id. */
export interface Row {
  /** The primary key, in hexadecimal, and the key a distributed database spreads rows by. */
  readonly id: string;
  readonly model: string;
  /** The payload, before it is sealed; null for the row of a jti, which has none. */
  readonly text: string | null;
  /** The id of the grant's own row. */
  readonly grant_id: string | null;
  /** The other name a row is found by: a session's uid, a device's user code. */
  readonly alias: string | null;
  /** Account and client, for models that are looked for by them; see `foundBy()`. */
  readonly account?: string | null;
  readonly client?: string | null;
  /** Seconds since the epoch, retention included; none keeps the row for good. */
  readonly expires_at: number | null;
  /** See the write statement for what it decides. */
  readonly consumed_at: number | null;
  /** Records of the trail that travel with the row. */
  readonly entries?: readonly Entry[] | undefined;
}

/** A row as it is found, still sealed. */
export interface Found extends Pick<Row, 'id' | 'expires_at' | 'consumed_at'> {
  readonly payload: Buffer | null;
}

/** An empty row, in the place of one that had a payload. */
export function emptied(row: Pick<Row, 'id' | 'model'>): Row {
  return { id: row.id, model: row.model, text: null, grant_id: null, alias: null, expires_at: 0, consumed_at: null };
}

/** `consumed_at` of a row that was destroyed, and of one that goes on under another id: see the write statement. */
export const DESTROYED = -2;
export const RENEWED = -1;

/** Seconds for which a destroyed row stays: longer than any request goes on that may have read it before. */
const REMEMBERED = 3600;

/** A destroyed row: it stays empty, also where a copy that was read before is saved. */
export function destroyed(row: Pick<Row, 'id' | 'model'>, how = DESTROYED): Row {
  return { ...emptied(row), expires_at: seconds() + REMEMBERED, consumed_at: how };
}

/**
 * The id of a row at rest: the hash of its model and id. Ids are the tokens themselves, so none is readable at rest.
 */
export function rowId(model: string, id: string): string {
  return hash('sha256', `${model}\0${id}`);
}

export function aliasOf(model: string, member: 'uid' | 'userCode', value: string): string {
  return hash('sha256', `${model}\0${member}\0${value}`);
}

export function holderOf(kind: 'account' | 'client', id: string): string {
  return hash('sha256', `${kind}\0${id}`);
}

const numberOrNull = (value: unknown) => (value === null || value === undefined ? null : Number(value));

/** Makes a row out of the columns that every statement answers; Postgres answers numbers as text, PGlite as numbers. */
export function foundOf([id, payload, expires_at, consumed_at]: readonly unknown[]): Found {
  return {
    id: id as string,
    payload: typeof payload === 'string' ? Buffer.from(payload, 'hex') : null,
    expires_at: numberOrNull(expires_at),
    consumed_at: numberOrNull(consumed_at),
  };
}
