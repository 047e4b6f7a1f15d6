import { host } from '../http/host.ts';
import { interactionId } from '../http/interaction_id.ts';
import { jsonErrors } from '../http/json_errors.ts';
import { limits } from '../http/limits.ts';
import { noCors } from '../http/no_cors.ts';
import { oauthError } from '../http/oauth_error.ts';
import { securityHeaders } from '../http/security_headers.ts';
import type { Mechanism } from './mechanism.ts';

/** What an answer tells a browser, and that every answer has the shape its protocol gives it. First in the list. */
export function answers(): Mechanism {
  return {
    name: 'answers',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.2.3-1',
        text: 'shall use methods to ensure that connections cannot be downgraded using TLS stripping attacks',
      },
      {
        id: 'RFC9700-4.16',
        text: 'authorization servers MUST prevent clickjacking attacks',
      },
      {
        id: 'RFC6749-5.2',
        text: 'errors are JSON with error and error_description, whatever the client says it accepts',
      },
    ],
    attach(provider) {
      provider.use(interactionId());
      provider.use(securityHeaders());
      provider.use(oauthError());
      provider.use(jsonErrors(provider));
    },
  };
}

/** Every URL comes from the issuer, whatever the Host header says. */
export function hostPinning({ mtls }: { mtls?: string | undefined } = {}): Mechanism {
  return {
    name: 'host',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.2.1-1',
        text: 'shall only offer TLS protected endpoints, under the names the issuer has',
      },
    ],
    attach(provider) {
      provider.use(host({ issuer: provider.issuer, aliases: mtls ? [mtls] : [] }));
    },
  };
}

/** Methods, media types and sizes: PAR 2.3, and no HEAD that spends an authorization request. */
export function requests(): Mechanism {
  return {
    name: 'requests',
    clauses: [
      {
        id: 'PAR-2.3',
        text: '405 for another method than POST, 413 for a request too large, 400 for what cannot be read',
      },
      {
        id: 'FAPI2-SP-FINAL-5.2.3-3',
        text: 'shall not support CORS for the authorization endpoint',
      },
    ],
    attach(provider) {
      provider.use(limits(provider));
      provider.use(noCors(provider));
    },
  };
}
