import { errors } from 'oidc-provider';

import { retryAfter } from '../http/error_answer.ts';

/**
 * The database is away, full, read-only or has more to do than it can: the request is refused as a whole, nothing of
 * it is half done, and the client may try again. Core answers it as any error of its own; `unitOfWork()` adds the
 * Retry-After header.
 * @see [RFC 6749 - 4.1.2.1. Error Response](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2.1)
 */
export class StoreUnavailable extends errors.OIDCProviderError {
  readonly code = 'ERR_STORE_UNAVAILABLE';
  /** Koa's own error handler sends these, too. */
  readonly headers = retryAfter();

  constructor(description: string, options?: ErrorOptions) {
    super(503, 'temporarily_unavailable');
    this.name = 'StoreUnavailable';
    this.error_description = description;
    this.expose = true; // core hides what is 500 and above behind `server_error`
    if (options?.cause) this.cause = options.cause;
  }
}
