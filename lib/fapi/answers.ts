import { interactionId } from '../http/interaction_id.ts';
import { jsonErrors } from '../http/json_errors.ts';
import { oauthError } from '../http/oauth_error.ts';
import { type SecurityHeaderSettings, securityHeaders } from '../http/security_headers.ts';
import type { Mechanism } from './mechanism.ts';

/** Gives every answer the headers a browser needs and the shape its protocol says. */
export function answers(headers: SecurityHeaderSettings = {}): Mechanism {
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
    middleware: (provider) => ({
      answer: [interactionId(), securityHeaders(headers), oauthError()],
      read: [jsonErrors(provider)],
    }),
  };
}
