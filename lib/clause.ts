/**
 * The specifications whose clauses this package holds, by the prefix the conformance suite gives their ids. A clause
 * id is the thread through the house: it stands in the mechanism, the boot error, the test title and the `check` report.
 */
const specifications = {
  'FAPI2-SP-FINAL-': 'https://openid.net/specs/fapi-security-profile-2_0-final.html#section-',
  // The suite's modules for the final Message Signing still cite its first draft; the sections are the same.
  'FAPI2-MS-ID1-': 'https://openid.net/specs/fapi-message-signing-2_0-final.html#section-',
  'JARM-': 'https://openid.net/specs/oauth-v2-jarm.html#section-',
  'PAR-': 'https://www.rfc-editor.org/rfc/rfc9126.html#section-',
  'DPOP-': 'https://www.rfc-editor.org/rfc/rfc9449.html#section-',
  'RFC6749-': 'https://www.rfc-editor.org/rfc/rfc6749.html#section-',
  'RFC6750-': 'https://www.rfc-editor.org/rfc/rfc6750.html#section-',
  'RFC7009-': 'https://www.rfc-editor.org/rfc/rfc7009.html#section-',
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
  'OIDCC-': 'https://openid.net/specs/openid-connect-core-1_0.html#section-',
} as const;

/** A requirement's identifier as the conformance suite spells it, for example `FAPI2-SP-FINAL-5.3.2.2-3`. */
export type ClauseId = `${keyof typeof specifications}${string}`;

/** One requirement of a specification: its id and its words. */
export interface Clause {
  readonly id: ClauseId;
  readonly text: string;
}

/** The address of the section a clause stands in: list item numbers behind the section number are cut off. */
export function clauseUrl(id: ClauseId): string {
  for (const [prefix, base] of Object.entries(specifications)) {
    if (id.startsWith(prefix)) return base + (id.slice(prefix.length).match(/^[0-9]+(\.[0-9]+)*/)?.[0] ?? '');
  }
  throw new TypeError(`${id} is a clause of no known specification`);
}
