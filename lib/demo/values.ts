import { decodeJwt, decodeProtectedHeader } from 'jose';

/** Whoever has one of these may try to use it. */
const secret =
  /^(access_token|refresh_token|token|code|code_verifier|cookie|set-cookie|request_uri|dpop|authorization)$/i;

/** Random values, which no person compares: `0NuLS_ng…` does as well. */
const random = /^(?=.*\d)(?=.*[A-Z])[\w-]{20,}$/;

export const isJwt = (value: string): boolean => /^ey[\w-]+\.[\w-]+\.[\w-]+$/.test(value);

const short = (value: string) => `${value.slice(0, 8)}…`;

/** The secrets in an address are secrets too. */
function shownUrl(value: string): string {
  const [address = '', query] = value.split('?', 2);
  const path = address.replace(/[\w-]{40,}/, short);
  const parameters = [...new URLSearchParams(query)].map(([name, content]) => `${name}=${shown(name, content)}`);
  return query === undefined ? path : `${path}?${parameters.join('&')}`;
}

/** A value as it may be shown to whoever looks over a shoulder: a secret only by its first characters. */
export function shown(name: string, value: string): string {
  if (name === 'password') return '•'.repeat(8);
  if (/^(https?:\/)?\//.test(value)) return shownUrl(value);
  const [, scheme = '', rest = ''] = /^(DPoP |Bearer |urn:ietf:params:oauth:request_uri:)?(.*)$/s.exec(value) ?? [];
  return secret.test(name) || isJwt(rest) || random.test(rest) ? scheme + short(rest) : value;
}

/** What a JWT says: its header and its claims, each as one line. */
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
