import { decodeJwt, decodeProtectedHeader } from 'jose';

/** Names of values that let their holder do something. */
const secret =
  /^(access_token|refresh_token|token|code|code_verifier|nonce|dpop-nonce|state|jti|cookie|set-cookie|request_uri|dpop|authorization|interaction|session)$/i;

/** Long words of the protocol, such as `code_challenge_methods_supported`, which no person mistakes for a secret. */
const words = /^\.?[a-z]+([_-][a-z]+)+$/;

/** Anything else as long as 20 characters without a space is shown by its beginning, whatever characters it has. */
const isLong = (value: string) => /^[\w.~+/=-]{20,}$/.test(value) && !words.test(value);

export const isJwt = (value: string): boolean => /^ey[\w-]+\.[\w-]+\.[\w-]+$/.test(value);

const short = (value: string) => `${value.slice(0, 8)}…`;

/** The secrets in an address are secrets too. */
function shownUrl(value: string): string {
  const [address = '', query] = value.split('?', 2);
  const path = address.replace(/(?<=\/)[^/]+/g, (segment) => (isLong(segment) ? short(segment) : segment));
  const parameters = [...new URLSearchParams(query)].map(([name, content]) => `${name}=${shown(name, content)}`);
  return query === undefined ? path : `${path}?${parameters.join('&')}`;
}

/** A value as it may be shown to whoever looks over a shoulder: a secret only by its first characters. */
export function shown(name: string, value: string): string {
  if (name === 'password') return '•'.repeat(8);
  if (/^(https?:\/)?\//.test(value)) return shownUrl(value);
  const [, scheme = '', rest = ''] = /^(DPoP |Bearer |urn:ietf:params:oauth:request_uri:)?(.*)$/s.exec(value) ?? [];
  return secret.test(name) || isJwt(rest) || isLong(rest) ? scheme + short(rest) : value;
}

/** Header and claims of a JWT, each as one line. */
export function contents(jwt: string): [header: string, claims: string] {
  const { jwk, ...header } = decodeProtectedHeader(jwt);
  const { kty, crv } = jwk ?? {};
  return [line({ ...header, ...(jwk && { jwk: { kty, crv } }) }), line(decodeJwt(jwt))];
}

/** JSON on one line, with room to breathe. */
export function line(value: unknown): string {
  const short = (name: string, content: unknown) => (typeof content === 'string' ? shown(name, content) : content);
  return JSON.stringify(value, short)?.replaceAll('":', '": ').replaceAll(',"', ', "') ?? '';
}
