import { execFile } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Thrown where a language is not on this machine, or its packages are out of reach. */
export class OutOfReach extends Error {
  override readonly name = 'OutOfReach';
}

/** Milliseconds in which packages are there, or out of reach: a network may drop what is asked and say nothing. */
const timeout = 240_000;

/** Fetches packages. @throws {OutOfReach} */
async function fetched(command: string, args: readonly string[], cwd: string): Promise<void> {
  await execute(command, args, { cwd, timeout }).catch((error) => {
    throw new OutOfReach(`${command} ${args.join(' ')}: ${error.stderr || error.message}`.slice(0, 1000));
  });
}

/** Programs in Python share what they are written with. */
async function python(folder: string, file: string): Promise<readonly string[]> {
  const venv = join(dirname(folder), 'venv');
  await fetched('python3', ['-m', 'venv', venv], folder);
  const packages = ['authlib~=1.9', 'requests~=2.34', 'requests-oauthlib~=2.0'];
  await fetched(join(venv, 'bin/pip'), ['install', '-q', ...packages], folder);
  return [join(venv, 'bin/python'), file];
}

async function go(folder: string): Promise<readonly string[]> {
  await fetched('go', ['mod', 'init', 'client'], folder);
  const get = (version: string) => fetched('go', ['get', `golang.org/x/oauth2@${version}`], folder);
  // The second is the last that Debian's own Go can read.
  await get('v0.38.0').catch(() => get('v0.21.0'));
  await execute('go', ['build', '-o', 'client', 'main.go'], { cwd: folder });
  return [join(folder, 'client')];
}

const cargo = `[package]
name = "client"
version = "0.0.0"
edition = "2021"

[[bin]]
name = "client"
path = "main.rs"
`;

async function rust(folder: string): Promise<readonly string[]> {
  await writeFile(join(folder, 'Cargo.toml'), cargo);
  await fetched('cargo', ['add', '-q', 'openidconnect@4', 'anyhow@1', 'serde_json@1'], folder);
  await fetched('cargo', ['add', '-q', 'tokio@1', '--features', 'macros,rt-multi-thread'], folder);
  await fetched('cargo', ['fetch', '-q'], folder);
  await execute('cargo', ['build', '-q'], { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
  return [join(folder, 'target/debug/client')];
}

/**
 * Installs what a snippet is written with, as its registry releases it.
 *
 * @returns the command that runs it
 * @throws {OutOfReach} where that cannot be had here.
 */
export async function prepared(name: string, folder: string, file: string): Promise<readonly string[]> {
  if (/^(python|requests)/.test(name)) return python(folder, file);
  if (name === 'go') return go(folder);
  if (name === 'rust') return rust(folder);
  if (name === 'curl') return ['bash', file];
  await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  return [process.execPath, file];
}
