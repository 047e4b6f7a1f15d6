import { OperationalError } from '../errors.ts';
import { rowId } from './row.ts';
import type { Store } from './store.ts';

/** The model of rows that are kept for good. */
export const KEPT = 'Kept';

/**
 * Reads a value that is made once for all processes of the database: the first to write decides, and all read what was
 * written.
 *
 * @throws {OperationalError} when it is sealed with a key that this process lacks.
 */
export async function kept<T>(store: Store, name: string, make: () => T | Promise<T>): Promise<T> {
  const id = rowId(KEPT, name);
  const read = async (): Promise<T | undefined> => {
    const [row] = await store.find([id]);
    if (!row) return undefined;
    const text = store.open(KEPT, row);
    // Making another one would leave whatever the first one signed or sealed without its key.
    if (text === undefined) {
      throw new OperationalError(`${name} of this database is sealed with a key that database.encryption_keys lacks`);
    }
    return JSON.parse(text);
  };
  const found = await read();
  if (found !== undefined) return found;
  const text = JSON.stringify(await make());
  await store.write([{ id, model: KEPT, text, grant_id: null, alias: null, expires_at: null, consumed_at: 0 }]);
  return (await read()) as T;
}
