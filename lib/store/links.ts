import { rowId } from './row.ts';

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
}

/** The rows that oidc-provider asks for when it has read this one. */
export function linksOf({ grantId, parJti, result, session }: Linking): string[] {
  const grant = result?.consent?.grantId ?? grantId;
  const links: string[] = [];
  if (grant) links.push(rowId('Grant', grant));
  if (parJti) links.push(rowId('PushedAuthorizationRequest', parJti));
  if (session?.cookie) links.push(rowId('Session', session.cookie));
  return links;
}
