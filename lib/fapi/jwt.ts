/**
 * The type that the header of a JWT names, in lower case and without `application/`; `undefined` where `typ` is no
 * text.
 *
 * @see [RFC 7515 section 4.1.9 - typ](https://www.rfc-editor.org/rfc/rfc7515.html#section-4.1.9)
 */
export function jwtTypeOf({ typ }: { typ?: unknown }): string | undefined {
  if (typ === undefined) return undefined;
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : '';
}

const compact = /^[\w-]+(\.[\w-]*){2}(\.[\w-]+){0,2}$/;

/** True for a text in compact serialization: base64url parts without padding. The parts are not decoded. */
export const isCompact = (jwt: string): boolean => compact.test(jwt);
