import { type AdapterPayload, Provider } from 'oidc-provider';

import { aliasOf, rowId } from './row.ts';

/** The members of a payload that name other rows. */
export type Linking = Pick<
  AdapterPayload,
  'uid' | 'userCode' | 'grantId' | 'parJti' | 'result' | 'session' | 'sessionUid' | 'expiresWithSession'
>;

/** The answer to a row that was learned. */
export interface Expected {
  /** To be sealed with the row, and given back to `learn()` by whoever reads it: the id of the session's row. */
  readonly hint?: string | undefined;
  /** Another row follows this one before the request ends, so that this one may wait for it. */
  readonly isFollowed?: boolean | undefined;
}

/**
 * Guesses which row is wanted next, so that it is read along with another one. Nothing rests on it: with `blind` in its
 * place, everything is the same but the number of round trips.
 */
export interface Foresight {
  learn(model: string, id: string, payload: Linking, hint?: string): Expected;
  /** Answers ids of rows that are likely to be wanted with a row, or the id of the one likely to go by an alias. */
  guess(wanted: { readonly id: string } | { readonly alias: string }): readonly string[];
}

/** Foresight that guesses nothing: only the number of round trips changes. */
export const blind: Foresight = { learn: () => ({}), guess: () => [] };

/** Entries that a process remembers of each kind, of two hundred bytes each. */
const REMEMBERED = 8192;

/** Makes the foresight of each request, on what the process has seen in all of them. */
export function foresight(): () => Foresight {
  const links = new Map<string, readonly string[]>();
  const isFollowed = refreshTokens();
  return () => {
    const expected = new Set<string>();
    const names = new Map<string, string>();
    return {
      learn(model, id, payload, known) {
        const hint = known ?? sessionRow(payload, names);
        const linked = linksOf(payload, hint);
        if (linked.length > 0) remember(links, id, linked);
        for (const each of linked) expected.add(each);
        for (const [alias, named] of namesOf(model, id, payload)) names.set(alias, named);
        const alias = payload.sessionUid && aliasOf('Session', 'uid', payload.sessionUid);
        // Hearsay: a session that this request has read itself counts more.
        if (hint && alias && !names.has(alias)) names.set(alias, hint);
        return { hint, isFollowed: isFollowed(model) };
      },
      guess(wanted) {
        if ('alias' in wanted) return [names.get(wanted.alias) ?? []].flat();
        const ids = new Set([...expected, ...(links.get(wanted.id) ?? [])]);
        expected.clear();
        return [...ids];
      },
    };
  };
}

/**
 * The row of the session that this one ends with. Core asks for a session by its uid, which is not what rows are
 * spread by: a distributed database would have to look in every shard. A session takes a new id now and then, so the
 * uid in the row found has to agree.
 */
function sessionRow({ expiresWithSession, sessionUid }: Linking, names: Map<string, string>): string | undefined {
  if (!expiresWithSession || !sessionUid) return undefined;
  const session = Provider.ctx?.oidc?.session;
  return session?.uid === sessionUid ? rowId('Session', session.jti) : names.get(aliasOf('Session', 'uid', sessionUid));
}

/** The rows that core asks for when it has read this one: a code leads to its grant, an interaction to its request. */
function linksOf({ grantId, parJti, result, session }: Linking, hint: string | undefined): string[] {
  const grant = result?.consent?.grantId ?? grantId;
  const links: string[] = [];
  if (grant) links.push(rowId('Grant', grant));
  // Spent when the person has consented, and looked at no sooner.
  if (parJti && result?.consent) links.push(rowId('PushedAuthorizationRequest', parJti));
  if (session?.cookie) links.push(rowId('Session', session.cookie));
  if (hint) links.push(hint);
  return links;
}

/** Aliases this row shows the row of: its own, and its session's. */
function* namesOf(model: string, id: string, { uid, userCode, session }: Linking): Generator<[string, string]> {
  if (uid) yield [aliasOf(model, 'uid', uid), id];
  if (userCode) yield [aliasOf(model, 'userCode', userCode), id];
  if (session?.uid && session.cookie) {
    yield [aliasOf('Session', 'uid', session.uid), rowId('Session', session.cookie)];
  }
}

/**
 * Core saves the refresh token right after the access token that was exchanged for a code, if it issues one: as it does
 * by default, or as it last did for such a code of this client. Where the guess is wrong, a code that is used twice is
 * refused only when core has announced a grant.
 */
function refreshTokens(): (model: string) => boolean {
  const seen = new Map<string, boolean>();
  return (model) => {
    const { client, entities } = Provider.ctx?.oidc ?? {};
    const code = entities?.AuthorizationCode;
    if (!client || !code || (model !== 'AccessToken' && model !== 'RefreshToken')) return false;
    const isOffline = code.scopes.has('offline_access');
    const kind = `${isOffline} ${client.clientId}`;
    const isExpected = seen.get(kind) ?? (isOffline && client.grantTypeAllowed('refresh_token'));
    // The access token comes first, and counts as the last one until the refresh token is there.
    remember(seen, kind, model === 'RefreshToken');
    return model === 'AccessToken' && isExpected;
  };
}

function remember<T>(known: Map<string, T>, key: string, value: T): void {
  known.set(key, value);
  const [oldest] = known.keys();
  if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
}
