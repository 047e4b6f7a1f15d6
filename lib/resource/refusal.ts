export type Scheme = 'Bearer' | 'DPoP';

/** Members of a refusal besides its error. */
export interface RefusalDetails {
  readonly status?: number;
  /** The scheme that a challenge has to name, when it is not the one the client used. */
  readonly scheme?: Scheme | undefined;
  readonly cause?: unknown;
}

/**
 * A request that is refused, in the words of OAuth: `status`, `error` and `error_description` are for the client, `cause` for
 * the log.
 *
 * @example
 * throw new Refusal('invalid_token', 'the access token has expired');
 * @see [RFC 6750 section 3.1 - Error Codes](https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1)
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly expose = true;
  readonly error: string;
  readonly error_description: string;
  readonly scheme: Scheme | undefined;

  constructor(error: string, error_description: string, { status = 401, scheme, cause }: RefusalDetails = {}) {
    super(error_description, cause === undefined ? {} : { cause });
    this.status = status;
    this.error = error;
    this.error_description = error_description;
    this.scheme = scheme;
  }
}

export const invalidRequest = (description: string) => new Refusal('invalid_request', description, { status: 400 });
export const invalidToken = (description: string, scheme?: Scheme) =>
  new Refusal('invalid_token', description, { scheme });
export const invalidProof = (description: string, cause?: unknown) =>
  new Refusal('invalid_dpop_proof', description, { cause });
