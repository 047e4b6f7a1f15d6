import type { Mechanism } from './mechanism.ts';

/**
 * Demands PKCE with S256 of every authorization request.
 *
 * @see [RFC 7636 - Proof Key for Code Exchange](https://www.rfc-editor.org/rfc/rfc7636.html)
 */
export function pkce(): Mechanism {
  return {
    name: 'pkce',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.3.2.2-5',
        text: 'shall require PKCE with S256 as the code challenge method',
      },
    ],
    // Core knows no other method than S256. A deployment's own function could only say no, so it is not asked.
    hooks: { 'pkce.required': () => () => true },
  };
}
