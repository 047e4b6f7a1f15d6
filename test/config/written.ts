import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadConfig } from '../../lib/config/load.ts';
import { ConfigError } from '../../lib/errors.ts';

type Options = Parameters<typeof loadConfig>[1];

/** A directory for the files of one suite. */
export function directory() {
  let path = '';
  before(async () => {
    path = await mkdtemp(join(tmpdir(), 'config-'));
  });
  after(() => rm(path, { recursive: true }));

  async function write(name: string, text: string | Uint8Array): Promise<string> {
    await writeFile(join(path, name), text);
    return join(path, name);
  }
  return {
    write,
    async load(text: string, options?: Options) {
      return loadConfig(await write('as.yaml', text), options);
    },
    /** What is wrong with a file, as the operator reads it, without the directory's name. */
    async problems(text: string, options?: Options): Promise<string[]> {
      try {
        await loadConfig(await write('as.yaml', text), options);
        return [];
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        return error.message.replaceAll(`${path}/`, '').split('\n');
      }
    },
  };
}
