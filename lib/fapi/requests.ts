import { type Limits, limits } from '../http/limits.ts';
import { noCors } from '../http/no_cors.ts';
import { postToGet } from '../http/post_to_get.ts';
import { singleHeaders } from '../http/single_headers.ts';
import type { Mechanism } from './mechanism.ts';

/**
 * Refuses requests by their method, media type and size: PAR 2.3, and no HEAD that would spend an authorization
 * request.
 */
export function requests(bounds: Limits = {}): Mechanism {
  return {
    name: 'requests',
    clauses: [
      {
        id: 'PAR-2.3',
        text: '405 for another method than POST, 413 for a request too large, 400 for what cannot be read',
      },
      {
        id: 'RFC9110-5.3',
        text: 'headers that say who asks, whom, and in what form are sent once',
      },
      {
        id: 'OIDCC-3.1.2.1',
        text: 'authorization servers MUST support the use of the HTTP GET and POST methods at the authorization endpoint',
      },
      {
        id: 'FAPI2-SP-FINAL-5.2.3-3',
        text: 'shall not support CORS for the authorization endpoint',
      },
    ],
    middleware: (provider) => ({
      host: [singleHeaders()],
      cors: [noCors(provider)],
      read: [limits(provider, bounds)],
      protocol: [postToGet(provider)],
    }),
  };
}
