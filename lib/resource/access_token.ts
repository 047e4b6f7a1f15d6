/** An access token as a resource server knows it, with the members of token introspection. */
export interface AccessToken {
  readonly client_id: string;
  /** Seconds since the epoch. */
  readonly exp: number;
  readonly sub?: string | undefined;
  readonly scope?: string | undefined;
  readonly aud?: string | readonly string[] | undefined;
  readonly cnf?: { readonly jkt?: string | undefined; readonly 'x5t#S256'?: string | undefined } | undefined;
  readonly authorization_details?: readonly object[] | undefined;
}

/**
 * Verifies a token; `undefined` when it is unknown, expired or revoked. An error with `status: 503` says that it could
 * not be verified at present.
 */
export type VerifyAccessToken = (token: string) => Promise<AccessToken | undefined>;

/**
 * Thrown when a token could not be verified, since there was no answer. The client may try again.
 *
 * @example
 * throw new VerificationFailed('the keys cannot be read', { cause });
 */
export class VerificationFailed extends Error {
  override readonly name = 'VerificationFailed';
  readonly status = 503;
}
