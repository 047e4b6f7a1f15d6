import { host } from '../http/host.ts';
import type { Mechanism } from './mechanism.ts';

/** Builds every URL from the issuer, whatever the Host header says. */
export function hostPinning({ mtls }: { mtls?: string | undefined } = {}): Mechanism {
  return {
    name: 'host',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.2.1-1',
        text: 'shall only offer TLS protected endpoints, under the names the issuer has',
        violated: (_configuration, issuer) =>
          issuer === undefined || /^https:\/\//i.test(issuer)
            ? undefined
            : { path: ['issuer'], text: 'must be an https URL: a request without TLS is refused' },
      },
    ],
    middleware: ({ issuer }) => ({ host: [host({ issuer, aliases: mtls ? [mtls] : [] })] }),
  };
}
