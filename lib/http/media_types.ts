/** A signed introspection response (RFC 9701). */
export const introspectionJwt = 'application/token-introspection+jwt';
