import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { clientFile } from '../clients/client_file.ts';
import { firstClient } from '../clients/first_client.ts';
import {
  type Credentials,
  firstMetadata,
  type Generatable,
  generatable,
  generateCredentials,
} from '../clients/generate.ts';
import { type Members, withId } from '../clients/members.ts';
import type { RegisteredClient } from '../clients/registry.ts';
import type { Config } from '../config/load.ts';
import { UsageError } from '../errors.ts';
import type { Resources } from '../resources.ts';
import { type ClientOptions, onlyOne, placed, readDocument } from './clients.ts';
import { openDesks } from './desk.ts';
import { facts, print } from './output.ts';

/** Options of `clients add`. */
export interface AddOptions extends ClientOptions {
  readonly metadata: Members;
  /** The way to authenticate that credentials are made for; true where the client's metadata say which. */
  readonly generate?: Generatable | true;
  readonly out?: string | undefined;
}

/** Adds a client out of a file, of the command line, or of both, which counts more. */
export async function add(
  config: Config,
  resources: Resources,
  file: string | undefined,
  { json, metadata, generate, out }: AddOptions,
): Promise<void> {
  const document = file === undefined ? undefined : await readDocument(file);
  const written = { ...onlyOne(document, file), ...metadata };
  if (generate !== undefined) return addGenerated(config, resources, written, { json, generate, out });
  if (Object.keys(written).length === 0) {
    throw new UsageError('no metadata: name a file, write --metadata name=value, or --generate');
  }
  const { clients } = await openDesks(config, resources);
  const added = await placed(document, clients.add(written));
  print(json, added, () => `added ${added.client_id}`);
}

interface Files {
  readonly key: string;
  readonly jwk: string;
  readonly certificate: string | undefined;
  readonly program: string;
  /** Name of the file that `check --client` and `demo --client` read. */
  readonly client: string;
}

function wayOf(generate: Generatable | true, { token_endpoint_auth_method: written }: Members): Generatable {
  const how = generate === true ? (written ?? 'private_key_jwt') : generate;
  const found = generatable.find((name) => name === how);
  if (!found) throw new UsageError(`--generate makes credentials for ${generatable.join(' and ')}, not for ${how}`);
  return found;
}

/** A folder's name out of an id that may be anything. */
const folderOf = (client_id: unknown) => `${client_id}`.replace(/[^\w.-]/g, '_').replace(/^\.+/, '_');

/** Writes a file, and overwrites none: a key that is there already belongs to another client. */
async function put(file: string, content: string, mode: number): Promise<void> {
  await writeFile(file, content, { mode, flag: 'wx' }).catch(({ code }: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be written (${code}), write another folder: --out`);
  });
}

const lines = (value: object) => `${JSON.stringify(value, null, 2)}\n`;

async function keep(folder: string, { key, jwk, certificate }: Credentials): Promise<Files> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = {
    key: join(folder, 'client.key'),
    jwk: join(folder, 'client.jwk'),
    certificate: certificate && join(folder, 'client.crt'),
    program: join(folder, 'client.mjs'),
    client: join(folder, 'client.json'),
  };
  await put(files.key, key, 0o600);
  await put(files.jwk, lines(jwk), 0o600);
  if (files.certificate && certificate) await put(files.certificate, `${certificate}\n`, 0o644);
  return files;
}

async function addGenerated(
  config: Config,
  resources: Resources,
  written: Members,
  { json, generate, out }: Pick<AddOptions, 'json' | 'out'> & { generate: Generatable | true },
): Promise<void> {
  const client = withId(written);
  const credentials = await generateCredentials(`${client.client_id}`, wayOf(generate, client));
  const { clients } = await openDesks(config, resources);
  const files = await keep(resolve(out ?? folderOf(client.client_id)), credentials);
  let added: RegisteredClient;
  try {
    const bound = ['dpop_bound_access_tokens', 'tls_client_certificate_bound_access_tokens'];
    const own = bound.some((name) => client[name] !== undefined)
      ? Object.fromEntries(Object.entries(credentials.metadata).filter(([name]) => !bound.includes(name)))
      : credentials.metadata;
    added = await clients.add({ ...firstMetadata, ...client, ...own });
  } catch (error) {
    // Of a client that does not exist.
    for (const name of [files.key, files.jwk, files.certificate]) if (name) await rm(name, { force: true });
    throw error;
  }
  const signed = config.message_signing !== undefined;
  const program = firstClient({ issuer: config.issuer, metadata: added, ...files, signed });
  await put(files.program, program, 0o644);
  await put(files.client, lines(clientFile(added, credentials)), 0o600);
  if (!json) {
    const named = facts([
      ['added', added.client_id],
      ['private key', `${files.key}, the same in ${files.jwk}`],
      ['certificate', files.certificate],
      ['a first client', files.program],
      ['for check and demo', `--client ${files.client}`],
    ]);
    process.stderr.write(`${named}\n`);
  }
  print(json, { client: added, files }, () => program.trimEnd());
}
