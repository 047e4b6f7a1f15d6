/**
 * The algorithms that sign. `Ed25519` is the registered name of what `EdDSA` meant with that curve; both are in use.
 *
 * @see [FAPI2-SP-FINAL-5.4.1-1](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.4.1)
 * @see [RFC 9864 section 2.2 - Edwards-Curve Digital Signature Algorithm](https://www.rfc-editor.org/rfc/rfc9864.html#section-2.2)
 */
export const algorithms = ['PS256', 'ES256', 'EdDSA', 'Ed25519'] as const;
