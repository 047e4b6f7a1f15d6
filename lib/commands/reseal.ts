import type { Config } from '../config/load.ts';
import { OperationalError } from '../errors.ts';
import type { Resources } from '../resources.ts';
import { openStore } from '../server/open_store.ts';

export const summary = 'seal every row by the first of encryption_keys, so that the others may go';

/** Servers that know the new key go on serving meanwhile. */
export async function run(config: Config, resources: Resources, clear: boolean): Promise<void> {
  const store = await openStore(config, resources);
  const { resealed, current, refused } = await store.reseal({ clear });
  console.log(`${resealed} rows sealed by the first key, ${current} were already`);
  if (refused > 0) {
    throw new OperationalError(
      `${refused} rows are opened by none of encryption_keys: left as they are, of no use to anyone`,
    );
  }
}
