import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';

import { OperationalError } from '../errors.ts';
import { log } from '../log.ts';

/**
 * Milliseconds for which the lock is asked for again: two processes that ask at the same moment may both be refused.
 */
const PATIENCE = 500;

/** SQLite's result code for a lock that somebody else holds. */
const SQLITE_BUSY = 5;

/** Locks this process has. They are referred to from here, since one that is collected as garbage is given back. */
const held = new Set<DatabaseSync>();

/** Node's SQLite, without the warning that it is experimental: a lock on an empty file is all that is asked of it. */
function sqlite(): typeof import('node:sqlite') {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}

/**
 * Takes the lock that SQLite takes on a database of its own: a lock of the kernel's on the file. It ends with the
 * process, however that ends, and holds between containers of one machine, whose process numbers say nothing to each
 * other. Node itself offers no such lock.
 *
 * @returns nothing when another process has it
 * @see [File Locking And Concurrency In SQLite Version 3](https://www.sqlite.org/lockingv3.html)
 */
function tryLock(file: string): DatabaseSync | undefined {
  const database = new (sqlite().DatabaseSync)(file, { timeout: PATIENCE });
  try {
    database.exec('begin exclusive');
    return database;
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}

/** Closes the folder to other users of the machine: sessions and keys lie here, sealed. */
async function keepToOurselves(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (((await stat(directory)).mode & 0o077) === 0) return;
  await chmod(directory, 0o700).catch(({ code }) => {
    log.warn(
      { directory, code },
      'the folder of the database can be read by other users of this machine: chmod 700 it',
    );
  });
}

/**
 * Makes the directory this process's own: an embedded Postgres does not notice another one on the same files, and two
 * destroy them.
 *
 * @throws {OperationalError} naming the process that has it; the number is the one in that process's own container.
 * @returns what gives it back.
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const owner = resolve(directory, 'owner.pid');
  let lock: DatabaseSync | undefined;
  try {
    await keepToOurselves(directory);
    lock = tryLock(join(directory, 'owner.lock'));
    if (lock) await writeFile(owner, `${process.pid}\n`);
  } catch (cause) {
    lock?.close();
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code?.startsWith('ERR_SQLITE') ? message : code;
    throw new OperationalError(`database pglite:${directory} cannot be written: ${reason}`, { cause });
  }
  if (!lock) {
    const number = (await readFile(owner, 'utf8').catch(() => '')).trim();
    throw new OperationalError(
      `database pglite:${directory} is in use by process ${number}: stop it, or write another directory`,
    );
  }
  const own = lock;
  held.add(own);
  return async () => {
    held.delete(own);
    own.close();
  };
}
