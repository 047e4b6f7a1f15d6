import { stat } from 'node:fs/promises';

import type { Config } from '../config/load.ts';
import { log } from '../log.ts';

/** Warns of private keys in files that every user of this machine can read. */
export async function tellReadableKeys({ listen, mtls, database }: Config): Promise<void> {
  for (const file of [listen.tls?.key, mtls?.tls?.key, database.tls?.key]) {
    const mode =
      file === undefined
        ? 0
        : await stat(file).then(
            (found) => found.mode,
            () => 0,
          );
    if (mode & 0o004) log.warn({ file }, 'this private key can be read by every user of this machine: chmod 600 it');
  }
}
