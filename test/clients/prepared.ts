import { execFile } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

async function python(folder: string, file: string): Promise<readonly string[]> {
  await execute('python3', ['-m', 'venv', join(folder, 'venv')]);
  const packages = ['authlib~=1.9', 'requests~=2.34', 'requests-oauthlib~=2.0'];
  await execute(join(folder, 'venv/bin/pip'), ['install', '-q', ...packages]);
  return [join(folder, 'venv/bin/python'), file];
}

async function go(folder: string): Promise<readonly string[]> {
  await execute('go', ['mod', 'init', 'client'], { cwd: folder });
  await execute('go', ['get', 'golang.org/x/oauth2@v0.38.0'], { cwd: folder });
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
  const add = [
    'add',
    '-q',
    'openidconnect@4',
    'anyhow@1',
    'tokio@1',
    '--features',
    'tokio/macros,tokio/rt-multi-thread',
  ];
  await execute('cargo', add, { cwd: folder });
  await execute('cargo', ['build', '-q'], { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
  return [join(folder, 'target/debug/client')];
}

/** Installs what a snippet is written with. @returns the command that runs it */
export async function prepared(name: string, folder: string, file: string): Promise<readonly string[]> {
  if (/^(python|requests)/.test(name)) return python(folder, file);
  if (name === 'go') return go(folder);
  if (name === 'rust') return rust(folder);
  if (name === 'curl') return ['bash', file];
  await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  return [process.execPath, file];
}
