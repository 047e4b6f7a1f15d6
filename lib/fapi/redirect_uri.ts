import type { Mechanism } from './mechanism.ts';
import { retainRedirectUri } from './retained_redirect_uri.ts';

const loopback = ['127.0.0.1', '[::1]'];

/**
 * True for the loopback address of a native client (RFC 8252 section 8.3). `localhost` is none, since it may resolve to
 * something else.
 */
function isLoopback(uri: URL, applicationType: unknown): boolean {
  return applicationType === 'native' && uri.protocol === 'http:' && loopback.includes(uri.hostname);
}

/**
 * Parameters that an answer adds to the query. A registered address may not have one of the same name, which would
 * stand beside it.
 */
const answered = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri', 'response'];

function fault(value: unknown, applicationType: unknown): string | undefined {
  const uri = typeof value === 'string' ? URL.parse(value) : null;
  if (!uri) return 'must be an absolute URI';
  if (uri.username || uri.password) return 'must carry no user name or password';
  if (uri.hostname.includes('*')) return 'must be an exact URI, without wildcards';
  if (`${value}`.includes('#')) return 'must have no fragment';
  if (/[^\x21-\x7e]/.test(`${value}`)) return 'must be ASCII: write other characters percent-encoded (RFC 3986)';
  const own = answered.find((name) => uri.searchParams.has(name));
  if (own) return `must not have ${own} in its query, which the answer adds`;
  if (isLoopback(uri, applicationType)) return undefined;
  if (uri.protocol === 'http:') return 'must use https; http is for the loopback address of a native client only';
  return uri.protocol === 'https:' || (applicationType === 'native' && uri.protocol.includes('.'))
    ? undefined
    : `must use https, not ${uri.protocol.slice(0, -1)}`;
}

/**
 * Bounds the addresses to which answers of the authorization endpoint may go: https, or http on the loopback for native
 * clients.
 */
export function redirectUri(): Mechanism {
  return {
    name: 'redirect_uri',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.3.2.2-8',
        text: 'shall not allow clients to use http redirect URIs except loopback interface redirection of native clients',
        *client({ redirect_uris = [], post_logout_redirect_uris = [], application_type }) {
          const lists = { redirect_uris, post_logout_redirect_uris };
          for (const [name, uris] of Object.entries(lists)) {
            if (!Array.isArray(uris)) continue;
            for (const [index, uri] of uris.entries()) {
              const text = fault(uri, application_type);
              if (text) yield { path: [name, index], text };
            }
          }
        },
      },
      {
        id: 'RFC6749-3.1.2',
        text: 'the query component of a redirect URI MUST be retained when additional query parameters are added',
      },
      {
        id: 'FAPI2-SP-FINAL-5.3.2.1-7',
        text: 'shall not expose open redirectors',
        violated: ({ features }) =>
          features?.pushedAuthorizationRequests?.allowUnregisteredRedirectUris
            ? {
                path: ['features', 'pushedAuthorizationRequests', 'allowUnregisteredRedirectUris'],
                text: 'must be false: only registered redirect URIs are answered to',
              }
            : undefined,
      },
    ],
    middleware: (provider) => ({ protocol: [retainRedirectUri(provider)] }),
  };
}
