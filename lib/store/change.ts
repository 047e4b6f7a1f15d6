import type { AdapterPayload } from 'oidc-provider';

import { OperationalError } from '../errors.ts';
import { rowId } from './row.ts';
import type { Store } from './store.ts';

/** Times a change is made anew because somebody else was first. */
const most = 5;

/**
 * Changes a row that is there. The database decides who is first: the sealed bytes have to be those that were read, so
 * that nothing is overwritten unseen and nothing destroyed comes back.
 *
 * @param make the new payload; `undefined` leaves the row as it is
 * @returns the payload that was written, or `undefined` where nothing was
 * @throws {OperationalError} when others change the row all the time.
 */
export async function changeRow(
  store: Store,
  model: string,
  id: string,
  make: (payload: AdapterPayload) => AdapterPayload | undefined,
): Promise<AdapterPayload | undefined> {
  const own = rowId(model, id);
  const bytes = Buffer.from(own, 'hex');
  for (let attempt = 1; attempt <= most; attempt += 1) {
    const [found] = await store.find([own]);
    const text = found && store.open(model, found);
    const payload = text === undefined ? undefined : make(JSON.parse(text));
    if (!found || payload === undefined) return undefined;
    const { rows } = await store.knex.raw(
      `update ${store.table} set payload = ? where id = ? and payload = ? returning 1`,
      [store.seal.seal(JSON.stringify(payload), bytes), bytes, found.payload],
    );
    if (rows.length > 0) return payload;
  }
  throw new OperationalError('others are changing the same at this moment, try again');
}
