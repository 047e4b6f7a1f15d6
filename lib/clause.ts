/**
 * The specifications whose clauses this package holds, by the prefix the conformance suite gives their ids. A clause
 * id is the thread through the house: it stands in the mechanism, the boot error, the test title and the `check` report.
 */
const specifications: Record<string, string> = {
  'FAPI2-SP-FINAL-': 'https://openid.net/specs/fapi-security-profile-2_0-final.html#section-',
  // The suite's modules for the final Message Signing still cite its first draft; the sections are the same.
  'FAPI2-MS-ID1-': 'https://openid.net/specs/fapi-message-signing-2_0-final.html#section-',
  'JARM-': 'https://openid.net/specs/oauth-v2-jarm.html#section-',
  'PAR-': 'https://www.rfc-editor.org/rfc/rfc9126.html#section-',
  'DPOP-': 'https://www.rfc-editor.org/rfc/rfc9449.html#section-',
  'RFC6749-': 'https://www.rfc-editor.org/rfc/rfc6749.html#section-',
  'RFC6750-': 'https://www.rfc-editor.org/rfc/rfc6750.html#section-',
  'RFC7009-': 'https://www.rfc-editor.org/rfc/rfc7009.html#section-',
  'RFC7493-': 'https://www.rfc-editor.org/rfc/rfc7493.html#section-',
  'RFC7515-': 'https://www.rfc-editor.org/rfc/rfc7515.html#section-',
  'RFC7519-': 'https://www.rfc-editor.org/rfc/rfc7519.html#section-',
  'RFC7523-': 'https://www.rfc-editor.org/rfc/rfc7523.html#section-',
  'RFC7636-': 'https://www.rfc-editor.org/rfc/rfc7636.html#section-',
  'RFC7662-': 'https://www.rfc-editor.org/rfc/rfc7662.html#section-',
  'RFC8414-': 'https://www.rfc-editor.org/rfc/rfc8414.html#section-',
  'RFC8705-': 'https://www.rfc-editor.org/rfc/rfc8705.html#section-',
  'RFC8707-': 'https://www.rfc-editor.org/rfc/rfc8707.html#section-',
  'RFC8725-': 'https://www.rfc-editor.org/rfc/rfc8725.html#section-',
  'RFC9068-': 'https://www.rfc-editor.org/rfc/rfc9068.html#section-',
  'RFC9101-': 'https://www.rfc-editor.org/rfc/rfc9101.html#section-',
  'RFC9110-': 'https://www.rfc-editor.org/rfc/rfc9110.html#section-',
  'RFC9207-': 'https://www.rfc-editor.org/rfc/rfc9207.html#section-',
  'RFC9396-': 'https://www.rfc-editor.org/rfc/rfc9396.html#section-',
  'RFC9700-': 'https://www.rfc-editor.org/rfc/rfc9700.html#section-',
  'RFC9701-': 'https://www.rfc-editor.org/rfc/rfc9701.html#section-',
  'OIDCBCL-': 'https://openid.net/specs/openid-connect-backchannel-1_0.html#section-',
  'OIDCC-': 'https://openid.net/specs/openid-connect-core-1_0.html#section-',
};

/** A requirement's identifier as the conformance suite spells it, for example `FAPI2-SP-FINAL-5.3.2.2-3`. */
export type ClauseId = `${Uppercase<string>}-${string}`;

/**
 * Makes the clauses of a further specification known, such as an ecosystem's, by the prefix of their ids.
 *
 * @param prefix up to and with the last `-` before the section, `CID-SP-` for example.
 * @param source address of the document; the number of the section is added to one that ends in `-`, its name to one that
 *   ends in `#`.
 * @throws {TypeError} when the prefix stands for another document already.
 * @example
 * specification('XY-SP-', 'https://xy.example.com/security-profile.html#section-');
 */
export function specification(prefix: `${Uppercase<string>}-`, source: string): void {
  if ((specifications[prefix] ?? source) !== source) {
    throw new TypeError(`${prefix} stands for ${specifications[prefix]} already`);
  }
  specifications[prefix] = source;
}

/** One requirement of a specification: its id and its words. */
export interface Clause {
  readonly id: ClauseId;
  readonly text: string;
}

/**
 * The address of the section a clause stands in: list item numbers behind the section number are cut off.
 *
 * @throws {TypeError} for a clause of no known specification.
 */
export function clauseUrl(id: ClauseId): string {
  const [prefix, base] =
    Object.entries(specifications)
      .filter(([known]) => id.startsWith(known))
      .sort(([one], [other]) => other.length - one.length)[0] ?? [];
  if (prefix === undefined || base === undefined) throw new TypeError(`${id} is a clause of no known specification`);
  const [section = ''] = id.slice(prefix.length).match(/^[0-9]+(\.[0-9]+)*/) ?? [];
  // A document without numbers has names for its sections.
  if (base.endsWith('#')) return base + id.slice(prefix.length).replace(/-\d+$/, '');
  return base.endsWith('-') ? base + section : base;
}
