import { ModuleError } from '../errors.ts';
import { guardedCall, loadModule, type Named } from '../module_calls.ts';
import type { Accounts, Authenticated } from './accounts.ts';

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
 * Accounts by functions of a module: whatever they throw, and whenever, fails the call and not the process.
 *
 * @throws {ModuleError} when one of them is missing.
 */
export function accountsBy(named: Named, functions: Readonly<Partial<Record<string, unknown>>>): Accounts {
  const functionOf = <Name extends keyof Accounts>(name: Name): Accounts[Name] => {
    const found = functions[name];
    if (typeof found !== 'function') throw new ModuleError(named.key, `${named.path} has to export ${name}()`);
    return found.bind(functions) as Accounts[Name];
  };
  const authenticate = guardedCall(named, 'authenticate', functionOf('authenticate'));
  return {
    authenticate: async (login, password) => authenticated(await authenticate(login, password)),
    findAccount: guardedCall(named, 'findAccount', functionOf('findAccount')),
  };
}

/**
 * Accounts by the deployment's own module, which exports `authenticate` and `findAccount`.
 *
 * @throws {ModuleError} when it cannot be loaded, or lacks one of them.
 */
export async function accountsModule(path: string): Promise<Accounts> {
  const named = { path, key: 'accounts.module' };
  return accountsBy(named, await loadModule(named));
}
