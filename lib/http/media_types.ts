/** A posted form, as WHATWG's URL standard has it. */
export const form = 'application/x-www-form-urlencoded';

/** JSON (RFC 8259). */
export const json = 'application/json';

/** A problem (RFC 9457). */
export const problem = 'application/problem+json';

/** A signed introspection response (RFC 9701). */
export const introspectionJwt = 'application/token-introspection+jwt';
