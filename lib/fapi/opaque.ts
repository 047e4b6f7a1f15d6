import { bounded } from './lifetimes.ts';
import type { Mechanism } from './mechanism.ts';

const least = 128;
/** Bits of randomness at most: an identifier has to fit into a header. */
const most = 1024;

/** Gives codes, tokens and request URIs at least 128 bits of randomness. */
export function opaque(): Mechanism {
  return {
    name: 'opaque',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.4.1-4',
        text: 'credentials not intended for handling by end-users shall be created with at least 128 bits of entropy',
        violated: ({ formats }) =>
          typeof formats?.bitsOfOpaqueRandomness === 'function' || (formats?.bitsOfOpaqueRandomness ?? 256) >= least
            ? undefined
            : { path: ['formats', 'bitsOfOpaqueRandomness'], text: `must be at least ${least}` },
      },
    ],
    hooks: {
      'formats.bitsOfOpaqueRandomness': (theirs) =>
        theirs && ((...args) => Math.max(bounded(theirs(...args), most, least), least)),
    },
  };
}
