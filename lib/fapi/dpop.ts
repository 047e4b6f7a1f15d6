import { randomBytes } from 'node:crypto';

import { z } from 'zod';

import { filled } from '../settings.ts';
import type { Mechanism } from './mechanism.ts';

/** Settings of Demonstrating Proof of Possession. */
export const dpopSettings = z.strictObject({
  nonce: z
    .enum(['off', 'optional', 'required'])
    .default('optional')
    .describe('server nonces in DPoP proofs: not given, given and checked when used, or demanded (RFC 9449 section 8)'),
});

export type DpopSettings = z.input<typeof dpopSettings> & {
  /** 32 bytes all processes share. Default: random, which is right for a single process only. */
  nonceSecret?: Buffer;
};

/** @see [RFC 9449 - OAuth 2.0 Demonstrating Proof of Possession](https://www.rfc-editor.org/rfc/rfc9449.html) */
export function dpop(settings: DpopSettings = {}): Mechanism {
  const { nonce, nonceSecret = randomBytes(32) } = filled(dpopSettings, settings);
  return {
    name: 'dpop',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.3.2.1-10',
        text: 'may use the server-provided nonce mechanism of DPoP',
        violated: ({ features }) =>
          nonce === 'off' || features?.dPoP?.nonceSecret?.byteLength === 32
            ? undefined
            : { path: ['features', 'dPoP', 'nonceSecret'], text: 'must be 32 bytes, the same in every process' },
      },
    ],
    configuration: {
      features: { dPoP: { enabled: true, ...(nonce === 'off' ? {} : { nonceSecret }) } },
    },
    hooks: {
      'features.dPoP.requireNonce': (theirs) => (ctx) => {
        const asked = theirs?.(ctx) ?? false;
        return nonce === 'required' || asked;
      },
    },
  };
}
