const unreserved = /^[\w.~-]$/;

/**
 * A URL in the one spelling of RFC 3986: percent-encoded letters, digits and `-._~` as themselves, other encodings in upper
 * case, and what URL parsers do besides (scheme and host in lower case, default port and dot segments left out).
 *
 * @see [DPOP-4.3](https://www.rfc-editor.org/rfc/rfc9449.html#section-4.3)
 * @see [RFC 3986 section 6.2.2 - Syntax-Based Normalization](https://www.rfc-editor.org/rfc/rfc3986.html#section-6.2.2)
 */
export function normalized(url: string): string | undefined {
  const respelt = url.replace(/%([0-9a-f]{2})/gi, (encoded, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return unreserved.test(character) ? character : encoded.toUpperCase();
  });
  return URL.parse(respelt)?.href;
}
