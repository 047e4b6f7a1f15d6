import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

import { UsageError } from '../errors.ts';
import { utf8 } from '../utf8.ts';

/**
 * Reads a password that is typed unseen, or the first line of standard input. An argument would stand in the shell's
 * history and in `ps`.
 *
 * @throws {UsageError} when there is none.
 */
export async function readPassword(): Promise<string> {
  const password = process.stdin.isTTY ? await typed() : firstLine(await bytesOf(process.stdin));
  if (!password) throw new UsageError('no password: type one, or write it to standard input');
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

/** Bytes of standard input that are read at most, more than any password has. */
const longest = 64 * 1024;

async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > longest) throw new UsageError(`standard input is longer than ${longest} bytes: no password is`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function firstLine(bytes: Buffer): string {
  try {
    return utf8(bytes).split(/\r?\n/, 1)[0] ?? '';
  } catch (error) {
    throw new UsageError(`the password on standard input ${(error as TypeError).message}`);
  }
}
