import { AsyncLocalStorage } from 'node:async_hooks';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { ModuleError } from './errors.ts';
import { log } from './log.ts';

/** Milliseconds a module may take to load, or to answer a call. */
const longest = 10_000;

type Fail = (error: unknown) => void;

/** A module of the deployment's: its file, and the key of the configuration that names it. */
export interface Named {
  readonly path: string;
  readonly key: string;
}

/** The call of a deployment's module that code runs in, also when a timer or a socket runs it later. */
const calls = new AsyncLocalStorage<Fail>();

/** The reason of something that was thrown: a module may throw any value. */
export const reasonOf = (thrown: unknown): string =>
  `${(thrown instanceof Error && thrown.message) || thrown || 'it threw nothing'}`.split('\n')[0] ?? '';

/**
 * Fails the call that an error was thrown in after it had returned. Any other uncaught error ends the process, as it
 * does without this.
 */
function uncaught(error: unknown): void {
  const fail = calls.getStore();
  if (fail) {
    fail(error);
    return;
  }
  if (process.listenerCount('uncaughtException') > 1) return;
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  log.fatal({ message, stack }, 'uncaught error');
  process.exit(1);
}

const late = new Error(`no answer within ${longest / 1000} seconds`);

/**
 * Runs code of a module. An error that it throws later, in a timer, an event or a promise nobody waits for, fails this
 * call.
 */
function run<R>(call: () => R | PromiseLike<R>, afterwards: (reason: string) => void): Promise<R> {
  return new Promise((settle, reject) => {
    let open = true;
    const end = (settled: () => void) => {
      open = false;
      clearTimeout(timer);
      settled();
    };
    const fail: Fail = (error) => {
      // Once it has ended there is nobody left to tell but the operator.
      if (open) end(() => reject(error));
      else afterwards(reasonOf(error));
    };
    const timer = setTimeout(fail, longest, late);
    calls.run(fail, async () => call()).then((result) => end(() => settle(result)), fail);
  });
}

/**
 * Loads a module that the configuration names.
 *
 * @throws {ModuleError} when it cannot be loaded, throws, or does not come to an end within ten seconds.
 */
export async function loadModule({ path, key }: Named): Promise<Readonly<Record<string, unknown>>> {
  if (!process.listeners('uncaughtException').includes(uncaught)) process.on('uncaughtException', uncaught);
  const afterwards = (message: string) => log.error({ message, module: path }, `the module of ${key} failed`);
  try {
    return await run(() => import(pathToFileURL(resolve(path)).href), afterwards);
  } catch (cause) {
    throw new ModuleError(key, `${path} cannot be loaded: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Wraps a function of a module: an error that it throws, at whatever time, fails the call and not the process.
 *
 * @throws {Error} when it fails, or does not answer within ten seconds.
 */
export function guardedCall<A extends unknown[], R>(
  { path, key }: Named,
  name: string,
  call: (...args: A) => R | PromiseLike<R>,
): (...args: A) => Promise<R> {
  const afterwards = (message: string) => log.error({ message, module: path }, `${name}() of ${key} failed afterwards`);
  return (...args) =>
    run(() => call(...args), afterwards).catch((cause) => {
      throw new Error(`${name}() of ${key} ${path} failed: ${reasonOf(cause)}`, { cause });
    });
}
