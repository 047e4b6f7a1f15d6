import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { OperationalError } from '../errors.ts';

/** Whether a process of that number runs, whoever's it is. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Makes the directory this process's own: an embedded Postgres does not notice another one on the same files, and two
 * destroy them. A process that was killed leaves its number behind, which then belongs to nobody, or to us.
 *
 * @throws {OperationalError} naming the process that has it.
 * @returns what gives it back.
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, 'owner.pid');
  const own = `${process.pid}\n`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await writeFile(file, own, { flag: 'wx' });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 3) throw error;
    }
    const owner = Number(await readFile(file, 'utf8').catch(() => ''));
    if (owner > 0 && isAlive(owner) && (owner !== process.pid || held.has(file))) {
      throw new OperationalError(`database pglite:${directory} is in use by process ${owner}: stop it, or write another directory`);
    }
    await rm(file, { force: true });
  }
}

/** Directories of this process, whose number alone would not tell them from a killed predecessor's in a container. */
const held = new Set<string>();
