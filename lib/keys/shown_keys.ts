import { goneAt, type KeyStatus, keysFor, type Policy, type Purpose, type Ring, ripeAt } from './ring.ts';

/** A key as an operator sees it: nothing that signs. Times in milliseconds since the epoch. */
export interface ShownKey {
  readonly kid: string;
  readonly purpose: Purpose;
  readonly status: KeyStatus;
  readonly made_at: number;
  /** When it began to sign, or begins at the earliest. */
  readonly active_at: number | undefined;
  readonly retired_at: number | undefined;
  /** When it is forgotten. */
  readonly gone_at: number | undefined;
}

/** Lists the keys of a ring for some purposes, as an operator sees them. */
export function shownKeys(ring: Ring, purposes: readonly Purpose[], policy: Policy): ShownKey[] {
  return purposes.flatMap((purpose) =>
    keysFor(ring, purpose).map((key) => ({
      kid: key.kid,
      purpose,
      status: key.status,
      made_at: key.made_at,
      active_at: key.status === 'next' ? Math.max(key.active_at ?? 0, ripeAt(key, policy)) : key.active_at,
      retired_at: key.retired_at,
      gone_at: goneAt(key, purpose, policy),
    })),
  );
}
