import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { OperationalError } from '../errors.ts';

/** What this process holds: in a container, its number alone would not tell it from a killed predecessor. */
const held = new Set<string>();

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
  const file = resolve(directory, 'owner.pid');
  const own = `${process.pid}\n`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await mkdir(directory, { recursive: true });
      await writeFile(file, own, { flag: 'wx' });
      held.add(file);
      return async () => {
        held.delete(file);
        await rm(file, { force: true });
      };
    } catch (cause) {
      const { code, syscall } = cause as NodeJS.ErrnoException;
      if (code !== 'EEXIST' || syscall !== 'open' || attempt > 3) {
        throw new OperationalError(`database pglite:${directory} cannot be written: ${code}`, { cause });
      }
    }
    const owner = Number(await readFile(file, 'utf8').catch(() => ''));
    if (owner > 0 && isAlive(owner) && (owner !== process.pid || held.has(file))) {
      throw new OperationalError(
        `database pglite:${directory} is in use by process ${owner}: stop it, or write another directory`,
      );
    }
    await rm(file, { force: true });
  }
}
