import type { AdapterPayload } from 'oidc-provider';

import { hasPassed } from '../seconds.ts';
import { tokensOfClients } from './found_by.ts';
import { modelsThat } from './models.ts';
import { destroyed, holderOf } from './row.ts';
import type { Store } from './store.ts';

/** The holder of grants, sessions and tokens; several conditions narrow it. */
export interface Holder {
  /** An account's `sub`. */
  readonly account?: string | undefined;
  readonly client?: string | undefined;
  /** Seconds since the epoch: what was made earlier. */
  readonly before?: number | undefined;
  /** Everybody. It has to be said, so that a forgotten condition does not revoke everything. */
  readonly all?: true | undefined;
}

/** Numbers of rows that were revoked, by kind. */
export interface Revoked {
  grants: number;
  sessions: number;
  /** Access and refresh tokens, codes and what else hangs on a grant, and tokens that clients have on their own account. */
  tokens: number;
}

interface Held {
  readonly id: string;
  /** None when no key opens the row. */
  readonly payload: AdapterPayload | undefined;
}

/** Rows that are read at a time. */
const BATCH = 1000;

/** An array of ids as one value of a statement: a thousand values cost more than what is done with them. */
const array = (ids: readonly string[]) => `{${ids.map((id) => `"\\\\x${id}"`)}}`;

/** Conditions by which a holder's rows of a model are found. */
function conditionOf(store: Store, model: string, holder: Holder): { text: string; values: string[] } {
  const texts = ['model = ?', 'payload is not null'];
  const values = [model];
  for (const kind of ['account', 'client'] as const) {
    const id = holder[kind];
    if (id === undefined) continue;
    texts.push(`${kind} = any(?::bytea[])`);
    values.push(array(store.seal.names.every(holderOf(kind, id))));
  }
  return { text: texts.join(' and '), values };
}

/** Pages of the rows of a model, opened, in no order that means anything. */
async function* pages(store: Store, model: string, holder: Holder): AsyncGenerator<Held[]> {
  const { text, values } = conditionOf(store, model, holder);
  for (let after = ''; ; ) {
    const { rows } = await store.knex.raw(
      `select encode(id, 'hex') as id, encode(payload, 'hex') as payload from ${store.table}
        where ${text} and id > decode(?, 'hex') order by id limit ?`,
      [...values, after, BATCH],
    );
    yield rows.map(({ id, payload }: { id: string; payload: string }) => {
      const row = { id, payload: Buffer.from(payload, 'hex'), expires_at: null, consumed_at: null };
      const text = store.open(model, row);
      return { id, payload: text === undefined ? undefined : JSON.parse(text) };
    });
    if (rows.length < BATCH) return;
    after = rows.at(-1).id;
  }
}

/**
 * True for a row that was made before a time. A session is as old as its login; a row that no key opens counts as
 * older.
 */
const isBefore = ({ payload }: Held, before: number | undefined) =>
  before === undefined || Number(payload?.loginTs ?? payload?.iat ?? 0) < before;

/**
 * Reads every row of a model that a holder has, opened, page by page: `for await (const page of held(store, 'Grant', {
 * account }))`. Rows of earlier versions are found only after `reseal`, which writes the names of their holders.
 */
export async function* held(store: Store, model: string, holder: Holder): AsyncGenerator<AdapterPayload[]> {
  for await (const rows of pages(store, model, holder)) {
    yield rows.flatMap((row) => (row.payload && isBefore(row, holder.before) ? [row.payload] : []));
  }
}

/** The condition of rows that go with a grant; rows of models that never do are left out. */
const ofGrant = 'grant_id = any(?::bytea[]) and model <> all(?::text[])';
const others = `{${modelsThat((model) => !model.ofGrant)}}`;

/** Destroys rows, as `destroyed()` does one, and answers the ids of those that were not empty. */
async function empty(store: Store, where: string, ...values: (string | number)[]): Promise<string[]> {
  const { expires_at, consumed_at } = destroyed({ id: '', model: '' });
  const { rows } = await store.knex.raw(
    `update ${store.table} set payload = null, grant_id = null, alias = null, account = null, client = null,
        expires_at = ?, consumed_at = ?
      where ${where} and payload is not null returning encode(id, 'hex') as id`,
    [expires_at, consumed_at, ...values],
  );
  return rows.map(({ id }: { id: string }) => id);
}

/** Destroys what a holder has of a model, in pages. Without a time to compare with, the rows are not read. */
async function* emptied(store: Store, model: string, holder: Holder): AsyncGenerator<string[]> {
  if (holder.before !== undefined) {
    for await (const page of pages(store, model, holder)) {
      const ids = page.filter((row) => isBefore(row, holder.before)).map(({ id }) => id);
      if (ids.length > 0) yield empty(store, 'id = any(?::bytea[])', array(ids));
    }
    return;
  }
  const { text, values } = conditionOf(store, model, holder);
  // An array, which is looked up by primary key: a join may read the whole table for each page.
  const page = `id = any(array(select id from ${store.table} where ${text} limit ?))`;
  // What is made meanwhile is not waited for: a last page is one that is not full.
  for (let isMore = true; isMore; ) {
    const ids = await empty(store, page, ...values, BATCH);
    isMore = ids.length === BATCH;
    yield ids;
  }
}

/**
 * Revokes what a person, a client or everybody holds: grants with everything that hangs on them, sessions unless they
 * are kept, and tokens that clients have on their own account. All processes know at once, since each of them asks the
 * database. After a restore, use it with `before`.
 *
 * @see [FAPI2-SP-FINAL-6.8](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-6.8)
 * @throws {TypeError} when nobody is named, or the time is no time or to come
 */
export async function revoke(
  store: Store,
  holder: Holder,
  { keepSessions = false }: { readonly keepSessions?: boolean | undefined } = {},
): Promise<Revoked> {
  judge(holder);
  const revoked: Revoked = { grants: 0, sessions: 0, tokens: 0 };
  // The grants first: without its grant no token is good for anything, also none that is being issued meanwhile.
  for await (const ids of emptied(store, 'Grant', holder)) {
    revoked.grants += ids.length;
    if (ids.length > 0) revoked.tokens += (await empty(store, ofGrant, array(ids), others)).length;
  }
  if (holder.account === undefined) {
    for (const model of tokensOfClients) revoked.tokens += await counted(emptied(store, model, holder));
  }
  // A session is a person's, whatever the client.
  if (!keepSessions && holder.client === undefined) {
    revoked.sessions = await counted(emptied(store, 'Session', holder));
  }
  return revoked;
}

async function counted(pages: AsyncIterable<readonly string[]>): Promise<number> {
  let rows = 0;
  for await (const ids of pages) rows += ids.length;
  return rows;
}

function judge({ account, client, before, all }: Holder): void {
  if (account === undefined && client === undefined && before === undefined && !all) {
    throw new TypeError('revoke() is told nobody: name an account, a client or a time, or say all');
  }
  if (before !== undefined && !hasPassed(before)) {
    throw new TypeError('before is no time that has passed, in seconds since the epoch');
  }
}
