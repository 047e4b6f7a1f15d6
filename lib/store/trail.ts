/**
 * A record of the audit trail on its way to the database, with the statement it tells of. Bytes are in hexadecimal,
 * `at` in milliseconds since the epoch.
 */
export interface Entry {
  readonly at: number;
  readonly event: string;
  readonly clause: string | null;
  readonly flow: string | null;
  readonly client: string | null;
  readonly account: string | null;
  readonly grant_id: string | null;
  readonly interaction_id: string | null;
  readonly address: string | null;
  readonly record: string | null;
}

/** A row of `oidc_audit`. */
export interface AuditRow extends Entry {
  readonly node: string;
  readonly chain: string;
  readonly seq: number;
  readonly hash: string;
}

/** Rows on their way to the database with one statement. */
export interface Appended {
  readonly rows: readonly AuditRow[];
  /** Says that the statement was done. */
  done(): void;
  /** Says that the statement may or may not have been done. */
  failed(): void;
}

/** Gives records their places in the trail; `lib/audit` has the one there is. */
export interface TrailWriter {
  /** Takes the entries, and those that were put, for the statement about to leave. */
  append(entries: readonly Entry[]): Appended | undefined;
  /** Keeps an entry for the next statement that leaves. */
  put(entry: Entry): void;
  /** Drops entries whose rows were taken back: somebody else had been first. */
  withdrawn(entries: readonly Entry[], refusal: Error): void;
}
