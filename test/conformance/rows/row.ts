import type { SuiteClient } from './suite_client.ts';

/** What a row works with: the two clients of its variant, and one at a server of brief lifetimes. */
export interface Run {
  readonly first: SuiteClient;
  readonly second: SuiteClient;
  brief(): Promise<SuiteClient>;
}

/** One module of the suite: sends what it sends, accepts what it accepts. */
export type Row = (run: Run) => Promise<void>;
export type Rows = Readonly<Record<string, Row>>;
