import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

import { InvalidArgumentError } from 'commander';
import { readClaim } from '../accounts/claims.ts';
import { hashPassword } from '../accounts/password.ts';
import { storedAccounts } from '../accounts/stored.ts';
import type { Config } from '../config/load.ts';
import { OperationalError } from '../errors.ts';
import type { Resources } from '../resources.ts';
import { openStore } from '../server/open_store.ts';
import { utf8 } from '../utf8.ts';

export const summary = 'keep accounts in the database, or print a password hash for the configuration file';

export async function add(
  config: Config,
  resources: Resources,
  login: string,
  claims: Record<string, unknown>,
): Promise<void> {
  const accounts = storedAccounts((await openStore(config, resources)).adapter('Account'));
  if (await accounts.byLogin(login)) throw new OperationalError(`login ${login} is taken`);
  const sub = await accounts.add({ login, password: await readPassword(), claims });
  console.log(`added ${login}, sub ${sub}`);
}

export async function setPassword(config: Config, resources: Resources, login: string): Promise<void> {
  const accounts = storedAccounts((await openStore(config, resources)).adapter('Account'));
  if (!(await accounts.byLogin(login))) throw new OperationalError(`no account ${login} in the database`);
  await accounts.setPassword(login, await readPassword());
  console.log(`${login} has a new password`);
}

export async function remove(config: Config, resources: Resources, login: string): Promise<void> {
  const accounts = storedAccounts((await openStore(config, resources)).adapter('Account'));
  if (!(await accounts.remove(login))) throw new OperationalError(`no account ${login} in the database`);
  console.log(`removed ${login}`);
}

export async function hash(): Promise<void> {
  console.log(await hashPassword(await readPassword()));
}

/** Typed unseen, or the first line of standard input: an argument would stand in the shell's history and in `ps`. */
async function readPassword(): Promise<string> {
  const password = process.stdin.isTTY ? await typed() : firstLine(await bytesOf(process.stdin));
  if (!password) throw new OperationalError('no password: type one, or write it to standard input');
  return password;
}

async function typed(): Promise<string> {
  const { stdin, stderr } = process;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  stderr.write('Password: ');
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true });
  const [password = ''] = await Promise.race([
    lines.question('').then((line) => [line]),
    new Promise<string[]>((ended) => lines.once('close', () => ended([]))),
  ]);
  lines.close();
  stderr.write('\n');
  return password;
}

/** More than any password: whoever pipes a disk in by mistake is told so. */
const longest = 64 * 1024;

async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > longest) throw new OperationalError(`standard input is longer than ${longest} bytes: no password is`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function firstLine(bytes: Buffer): string {
  try {
    return utf8(bytes).split(/\r?\n/, 1)[0] ?? '';
  } catch (error) {
    throw new OperationalError(`the password on standard input ${(error as TypeError).message}`);
  }
}

/** `name=value` as the command line gives it, laid over the ones before. */
export function claim(assignment: string, claims: Record<string, unknown>): Record<string, unknown> {
  const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
  if (!name) throw new InvalidArgumentError('Write name=value, for example email=jane@example.com.');
  try {
    return { ...claims, [name]: readClaim(name, value) };
  } catch (error) {
    throw new InvalidArgumentError((error as TypeError).message);
  }
}
