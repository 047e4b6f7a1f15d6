import type { Told, Wanted } from '../audit/read.ts';
import type { Difference, FleetNode } from '../management/nodes.ts';
import type { AccountDesk } from './account_desk.ts';
import type { ClientDesk } from './client_desk.ts';
import type { GrantDesk } from './grant_desk.ts';

/** Conditions of records of the trail. Times in milliseconds since the epoch. */
export interface TrailFilter extends Omit<Wanted, 'account' | 'grant_id'> {
  /** A login, or a sub. */
  readonly account?: string | undefined;
}

/** Acts on the keys of a database. */
export interface KeyActs {
  list(): Promise<readonly object[]>;
  add(alg: string | undefined): Promise<string>;
  /** @returns by purpose, when its next key signs, in milliseconds since the epoch */
  rotate(): Promise<Readonly<Record<string, number>>>;
  promote(kid: string): Promise<string>;
  retire(kid: string, options?: { readonly now?: boolean }): Promise<string>;
}

/** Everything somebody administers with. */
export interface Administration {
  readonly clients: ClientDesk;
  /** Absent where accounts are a module's. */
  readonly accounts: AccountDesk | undefined;
  readonly grants: GrantDesk;
  readonly keys: KeyActs;
  readonly trail: (filter: TrailFilter, limit: number) => Promise<Told[]>;
  readonly nodes: () => Promise<{ nodes: readonly FleetNode[]; differences: readonly Difference[] }>;
}
