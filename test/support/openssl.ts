import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs OpenSSL with files that are gone afterwards; arguments name them as `{name}`. */
export async function openssl(args: readonly string[], files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'openssl-'));
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    const named = args.map((arg) => arg.replace(/\{(\w+)\}/, (_, name) => join(folder, name)));
    const { stdout } = await run('openssl', named, { cwd: folder });
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Chain {
  readonly certificate: string;
  readonly chain: readonly string[];
  readonly anchors: readonly string[];
  readonly lists?: readonly string[];
}

/** OpenSSL's own verdict of a chain: `undefined` when it verifies, otherwise its error. */
export async function opensslVerdict({ certificate, chain, anchors, lists }: Chain): Promise<string | undefined> {
  const files = {
    leaf: certificate,
    chain: chain.join('\n'),
    anchors: anchors.join('\n'),
    ...(lists ? { lists: lists.join('\n') } : {}),
  };
  const args = [
    'verify',
    '-purpose',
    'sslclient',
    '-policy_check',
    '-policy',
    'anyPolicy',
    '-partial_chain',
    '-CAfile',
    '{anchors}',
  ];
  if (chain.length > 0) args.push('-untrusted', '{chain}');
  if (lists) args.push('-crl_check_all', '-CRLfile', '{lists}');
  try {
    await openssl([...args, '{leaf}'], files);
    return undefined;
  } catch (error) {
    return /error (\d+)[^\n]*/.exec((error as { stderr: string }).stderr)?.[0] ?? String(error);
  }
}
