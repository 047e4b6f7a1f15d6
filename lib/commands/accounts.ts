import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

import { InvalidArgumentError } from 'commander';
import { hashPassword } from '../accounts/password.ts';
import { storedAccounts } from '../accounts/stored.ts';
import type { Config } from '../config/load.ts';
import { OperationalError } from '../errors.ts';
import type { Resources } from '../resources.ts';
import { openStore } from '../server/open_store.ts';

export const summary = 'keep accounts in the database, or print a password hash for the configuration file';

export async function add(
  config: Config,
  resources: Resources,
  login: string,
  claims: Record<string, unknown>,
): Promise<void> {
  const accounts = storedAccounts((await openStore(config, resources))('Account'));
  if (await accounts.byLogin(login)) throw new OperationalError(`login ${login} is taken`);
  const sub = await accounts.add({ login, password: await readPassword(), claims });
  console.log(`added ${login}, sub ${sub}`);
}

export async function setPassword(config: Config, resources: Resources, login: string): Promise<void> {
  const accounts = storedAccounts((await openStore(config, resources))('Account'));
  if (!(await accounts.byLogin(login))) throw new OperationalError(`no account ${login} in the database`);
  await accounts.setPassword(login, await readPassword());
  console.log(`${login} has a new password`);
}

export async function remove(config: Config, resources: Resources, login: string): Promise<void> {
  const accounts = storedAccounts((await openStore(config, resources))('Account'));
  if (!(await accounts.remove(login))) throw new OperationalError(`no account ${login} in the database`);
  console.log(`removed ${login}`);
}

export async function hash(): Promise<void> {
  console.log(await hashPassword(await readPassword()));
}

/** Typed unseen, or the first line of standard input: an argument would stand in the shell's history and in `ps`. */
async function readPassword(): Promise<string> {
  const { stdin, stderr } = process;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  if (stdin.isTTY) stderr.write('Password: ');
  const lines = createInterface({ input: stdin, output: nowhere, terminal: stdin.isTTY === true });
  const [password] = await Promise.race([
    lines.question('').then((line) => [line]),
    new Promise<string[]>((ended) => lines.once('close', () => ended([]))),
  ]);
  lines.close();
  if (stdin.isTTY) stderr.write('\n');
  if (!password) throw new OperationalError('no password: type one, or write it to standard input');
  return password;
}

/** `name=value` as the command line gives it, laid over the ones before; a value that is JSON counts as that. */
export function claim(assignment: string, claims: Record<string, unknown>): Record<string, unknown> {
  const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
  if (!name) throw new InvalidArgumentError('Write name=value, for example email=jane@example.com.');
  return { ...claims, [name]: parsed(value) };
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
