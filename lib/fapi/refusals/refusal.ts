import type { ClauseId } from '../../clause.ts';

/** Values of the request and of this server that a text may name. */
export interface Facts {
  readonly issuer: string;
  /** Base URL of the endpoints that take client certificates; the issuer's where there is none. */
  readonly mtls: string;
  /** Lifetime of a client assertion in seconds. */
  readonly assertion_lifetime: number;
  readonly redirect_uri: string;
  /** The client's registered redirect URIs, as a list in words. */
  readonly registered: string;
}

/** One way in which a request is refused, in words one can act on. */
export interface KnownRefusal {
  /** Its name in the log, and its anchor on the page. */
  readonly id: string;
  /** Matched against the words of core and ours: description, detail and causes. */
  readonly when: RegExp;
  readonly clause: ClauseId;
  /** Says what is wrong. */
  readonly wrong: string;
  /** Says what was expected and what to do. */
  readonly todo: string | ((facts: Facts) => string);
  /** The error code that the client gets, where core has another one. */
  readonly error?: string;
  readonly status?: number;
  /** Set where the words that were matched say more than `wrong`: they are told as well. */
  readonly keep?: true;
  /** Set where an answer would tell a stranger something of a client: why it did not authenticate. */
  readonly secret?: true;
}
