import { AsyncLocalStorage } from 'node:async_hooks';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { OperationalError } from '../errors.ts';
import { log } from '../log.ts';
import type { Accounts, Authenticated } from './accounts.ts';

/** Milliseconds a call of the module may take. */
const longest = 10_000;

type Fail = (error: unknown) => void;

/** The call of a deployment's module that code runs in, however far it has travelled through timers and sockets. */
const calls = new AsyncLocalStorage<Fail>();

/** Ends the call an error was thrown in after it had returned; any other uncaught error ends the process, as without us. */
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

/**
 * Calls a function of the module. What it throws later, in a timer, an event or a promise nobody waits for, fails this
 * call and not the process.
 *
 * @throws Error when it does not answer within ten seconds.
 */
function guarded<A extends unknown[], R>(
  path: string,
  name: string,
  call: (...args: A) => R | PromiseLike<R>,
): (...args: A) => Promise<R> {
  return (...args) =>
    new Promise((resolve, reject) => {
      let open = true;
      const end = (settle: () => void) => {
        open = false;
        clearTimeout(timer);
        settle();
      };
      const fail: Fail = (cause) => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        // Once the call has ended there is nobody left to tell but the operator.
        if (!open) return log.error({ message: reason }, `${name}() of the accounts module failed afterwards`);
        end(() => reject(new Error(`${name}() of the accounts module ${path} failed: ${reason}`, { cause })));
      };
      const timer = setTimeout(fail, longest, new Error(`no answer within ${longest / 1000} seconds`));
      calls.run(fail, async () => call(...args)).then((result) => end(() => resolve(result)), fail);
    });
}

const isSub = (value: unknown): value is string => typeof value === 'string' && /^[\x21-\x7e]{1,255}$/.test(value);
const isMethod = (value: unknown) => typeof value === 'string' && /^[\x21-\x7e]{1,64}$/.test(value);
const isMethods = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.length <= 16 && value.every(isMethod);

/** Checks that `authenticate()` answers a `sub`, one with the methods of the login, or nothing. */
function authenticated(answer: unknown): string | Authenticated | undefined {
  if (answer === undefined || answer === null || answer === false) return undefined;
  if (isSub(answer)) return answer;
  const { sub, amr } = answer as Partial<Authenticated>;
  if (!isSub(sub)) {
    throw new TypeError(
      'authenticate() of the accounts module has to answer a sub of 1 to 255 visible ASCII characters',
    );
  }
  if (isMethods(amr)) return { sub, amr };
  throw new TypeError(
    'authenticate() of the accounts module has to answer amr as a list of methods, [pwd, otp] for example',
  );
}

/**
 * Accounts by the deployment's own module, which exports `authenticate` and `findAccount`.
 *
 * @throws {OperationalError} when it cannot be loaded, or lacks one of them.
 */
export async function accountsModule(path: string): Promise<Accounts> {
  if (!process.listeners('uncaughtException').includes(uncaught)) process.on('uncaughtException', uncaught);
  const lost: Fail = (error) =>
    log.error({ message: error instanceof Error ? error.message : String(error) }, 'the accounts module failed');
  const url = pathToFileURL(resolve(path)).href;
  const module = await calls.run(lost, () =>
    import(url).catch((cause: Error) => {
      throw new OperationalError(`accounts module ${path} cannot be loaded: ${cause.message}`, { cause });
    }),
  );
  for (const name of ['authenticate', 'findAccount'] as const) {
    if (typeof module[name] !== 'function')
      throw new OperationalError(`accounts module ${path} has to export ${name}()`);
  }
  const authenticate = guarded(path, 'authenticate', module.authenticate as Accounts['authenticate']);
  return {
    authenticate: async (login, password) => authenticated(await authenticate(login, password)),
    findAccount: guarded(path, 'findAccount', module.findAccount as Accounts['findAccount']),
  };
}
