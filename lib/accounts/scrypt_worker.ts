import { scryptSync } from 'node:crypto';
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';

/** One derivation, as it travels to a worker thread. */
export interface Derivation {
  readonly password: string;
  readonly salt: Uint8Array;
  readonly length: number;
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** The key that was derived, or the reason why there is none. */
export type Derived = { readonly key: Uint8Array } | { readonly error: string };

function derive({ password, salt, length, N, r, p }: Derivation): Derived {
  try {
    return { key: scryptSync(password, salt, length, { N, r, p, maxmem: 128 * r * (N + p + 2) }) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

// On Linux a priority belongs to a thread: requests go before passwords where both want one processor.
if (process.platform === 'linux') setPriority(5);
parentPort?.on('message', (derivation: Derivation) => parentPort?.postMessage(derive(derivation)));
