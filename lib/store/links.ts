import { type AdapterPayload, Provider } from 'oidc-provider';

import { aliasOf, rowId } from './row.ts';

/** Two hundred bytes each. */
const REMEMBERED = 8192;

/**
 * Which rows a row leads to (a code to its grant, an interaction to its pushed request), as far as this process has
 * seen it, so that they can be read together. A guess and no more: what is missing is read when it is asked for.
 */
export class Links {
  readonly #links = new Map<string, readonly string[]>();

  get(id: string): readonly string[] {
    return this.#links.get(id) ?? [];
  }

  set(id: string, linked: readonly string[]): void {
    this.#links.set(id, linked);
    if (this.#links.size <= REMEMBERED) return;
    const [oldest] = this.#links.keys();
    if (oldest !== undefined) this.#links.delete(oldest);
  }
}

/** What of a payload names other rows. */
export interface Linking {
  readonly grantId?: string | undefined;
  readonly parJti?: string | undefined;
  readonly result?: { readonly consent?: { readonly grantId?: string } } | undefined;
  readonly session?: { readonly uid?: string; readonly cookie?: string } | undefined;
  /** Ours, sealed with the rest: see `withSessionRow()`. */
  readonly session_row?: string | undefined;
}

/** Who knows which row goes by an alias. */
interface Named {
  named(alias: string): string | undefined;
}

/**
 * What ends with a session says which row that is. oidc-provider asks for it by the session's uid, which is not what
 * rows are spread by: a distributed database would have to look in every shard. A session takes a new id now and then,
 * so this is a guess as well, and the uid in the row decides.
 */
export function withSessionRow(unit: Named, payload: AdapterPayload): AdapterPayload & Linking {
  const { expiresWithSession, sessionUid } = payload;
  if (!expiresWithSession || typeof sessionUid !== 'string') return payload as AdapterPayload & Linking;
  const session = Provider.ctx?.oidc?.session;
  const isOwn = session?.uid === sessionUid;
  const session_row = isOwn ? rowId('Session', session.jti) : unit.named(aliasOf('Session', 'uid', sessionUid));
  return { ...(payload as AdapterPayload & Linking), session_row };
}

/** The rows that oidc-provider asks for when it has read this one. */
export function linksOf({ grantId, parJti, result, session, session_row }: Linking): string[] {
  const grant = result?.consent?.grantId ?? grantId;
  const links: string[] = [];
  if (grant) links.push(rowId('Grant', grant));
  // Used up when the person has consented, and looked at no sooner.
  if (parJti && result?.consent) links.push(rowId('PushedAuthorizationRequest', parJti));
  if (session?.cookie) links.push(rowId('Session', session.cookie));
  if (session_row) links.push(session_row);
  return links;
}
