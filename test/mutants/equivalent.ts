/** A fault that no test can find, or none should. */
export interface Equivalent {
  readonly file: string;
  /** The code, as it stands in the file. */
  readonly code: string;
  /** What is put in its place: Stryker's replacements of exactly this code. */
  readonly faults: readonly string[];
  readonly because: string;
}

export const equivalent: readonly Equivalent[] = [];
