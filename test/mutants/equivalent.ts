/** A fault that no test can find, or none should. */
export interface Equivalent {
  readonly file: string;
  /** The line on which the code begins, without spaces around it. */
  readonly line: string;
  /** The code that is replaced. */
  readonly code: string;
  /** Stryker's replacements of exactly this code. */
  readonly faults: readonly string[];
  readonly because: string;
}

export const equivalent: readonly Equivalent[] = [];
