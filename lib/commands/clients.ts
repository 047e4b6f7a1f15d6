import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { ActRefused } from '../administration/refused.ts';
import { type ClientsDocument, readClients } from '../clients/documents.ts';
import { type Members, withoutNotes } from '../clients/members.ts';
import type { RegisteredClient } from '../clients/registry.ts';
import type { Config } from '../config/load.ts';
import { ConfigError, UsageError } from '../errors.ts';
import type { Resources } from '../resources.ts';
import type { Revoked } from '../store/held.ts';
import { openDesks } from './desk.ts';
import { facts, print, table, time } from './output.ts';

export const summary = 'keep clients in the database';

/** Options every command on clients takes. */
export interface ClientOptions {
  readonly json: boolean;
}

const ended = ({ grants, tokens }: Revoked) => `ended ${grants} grants and ${tokens} tokens`;

/** Reads a file of clients, or standard input where its name is `-`. */
export async function readDocument(file: string): Promise<ClientsDocument> {
  if (file === '-') return readClients('standard input', await textOf(process.stdin));
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be read (${error.code}), write the name of a file of client metadata`);
  });
  return readClients(file, text);
}

/**
 * Turns the faults of clients that came from a file into problems at their places in it.
 *
 * @throws {ConfigError} with all of them.
 */
export async function placed<T>(document: ClientsDocument | undefined, act: Promise<T>): Promise<T> {
  return act.catch((error: unknown) => {
    if (document && error instanceof ActRefused && error.findings.length > 0) {
      throw new ConfigError(document.problems(error.findings));
    }
    throw error;
  });
}

/**
 * The one client of a file.
 *
 * @throws {UsageError} when there are several.
 */
export function onlyOne(document: ClientsDocument | undefined, file: string | undefined): Members {
  const [client, another] = document?.clients ?? [{}];
  if (another) throw new UsageError(`${file} holds ${document?.clients.length} clients: clients import takes them all`);
  return client ?? {};
}

export async function list(config: Config, resources: Resources, { json }: ClientOptions): Promise<void> {
  const { clients } = await openDesks(config, resources);
  const all = config.clients.map((client) => ({ client: client as RegisteredClient, source: 'file' }));
  for await (const page of clients.registry.all()) all.push(...page.map((client) => ({ client, source: 'database' })));
  all.sort((a, b) => (a.client.client_id < b.client.client_id ? -1 : 1));
  print(
    json,
    all.map(({ client, source }) => ({ ...client, source })),
    () =>
      table(
        ['client_id', 'name', 'authentication', 'source', 'disabled'],
        all.map(({ client, source }) => [
          client.client_id,
          client.client_name,
          client.token_endpoint_auth_method ?? 'private_key_jwt',
          source,
          time(client.disabled_at),
        ]),
      ),
  );
}

const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

export async function show(
  config: Config,
  resources: Resources,
  client_id: string,
  { json }: ClientOptions,
): Promise<void> {
  const { clients } = await openDesks(config, resources);
  const { client, source } = await clients.known(client_id);
  print(json, { ...client, source }, () =>
    facts([
      ...Object.entries(withoutNotes(client)).map(([name, value]) => [name, shown(value)] as const),
      ['source', source],
      ['added', time(client.client_id_issued_at)],
      ['disabled', time(client.disabled_at)],
    ]),
  );
}

/**
 * Changes metadata of a client.
 *
 * @param assignments `name=value` as the command line gives them; an empty value removes the name
 */
export async function set(
  config: Config,
  resources: Resources,
  client_id: string,
  assignments: Members,
  { json, file }: ClientOptions & { readonly file?: string },
): Promise<void> {
  if (Object.keys(assignments).length === 0 && file === undefined) {
    throw new UsageError('nothing to change: write name=value, or --file');
  }
  const document = file === undefined ? undefined : await readDocument(file);
  const whole = document && onlyOne(document, file);
  const { clients } = await openDesks(config, resources);
  const act = clients.set(client_id, (client) => {
    const members = { ...(whole ? withoutNotes(whole) : client), ...assignments };
    return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
  });
  const changed = await placed(document, act);
  print(json, changed, () => `changed ${client_id}`);
}

export async function disable(
  config: Config,
  resources: Resources,
  client_id: string,
  { json, keepGrants = false }: ClientOptions & { readonly keepGrants?: boolean },
): Promise<void> {
  const { clients } = await openDesks(config, resources);
  const revoked = await clients.disable(client_id, { keepGrants });
  const lines = [`disabled ${client_id}`, ...(keepGrants ? [] : [ended(revoked)])];
  print(json, { client_id, ended: revoked }, () => lines.join('\n'));
}

export async function enable(
  config: Config,
  resources: Resources,
  client_id: string,
  { json }: ClientOptions,
): Promise<void> {
  const { clients } = await openDesks(config, resources);
  await clients.enable(client_id);
  print(json, { client_id }, () => `enabled ${client_id}`);
}

export async function remove(
  config: Config,
  resources: Resources,
  client_id: string,
  { json }: ClientOptions,
): Promise<void> {
  const { clients } = await openDesks(config, resources);
  const revoked = await clients.remove(client_id);
  print(json, { client_id, ended: revoked }, () => `removed ${client_id}\n${ended(revoked)}`);
}

/** Adds the clients of a file: all of them, or none. */
export async function importClients(
  config: Config,
  resources: Resources,
  file: string,
  { json, replace }: ClientOptions & { readonly replace: boolean },
): Promise<void> {
  const document = await readDocument(file);
  const { clients } = await openDesks(config, resources);
  const added = await placed(document, clients.import(document.clients, { replace }));
  print(
    json,
    added.map(({ client_id }) => client_id),
    () => `imported ${added.length} clients`,
  );
}

/** Prints the clients of the database as `import` takes them. */
export async function exportClients(
  config: Config,
  resources: Resources,
  { format }: { readonly format: 'json' | 'yaml' },
): Promise<void> {
  const { clients } = await openDesks(config, resources);
  const all: RegisteredClient[] = [];
  for await (const page of clients.registry.all()) all.push(...page);
  all.sort((a, b) => (a.client_id < b.client_id ? -1 : 1));
  if (format === 'json') return console.log(JSON.stringify(all, null, 2));
  const { stringify } = await import('yaml');
  process.stdout.write(stringify(all));
}
