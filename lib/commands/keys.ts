import { readFile } from 'node:fs/promises';

import type { Command } from 'commander';

import type { Config } from '../config/load.ts';
import { UsageError } from '../errors.ts';
import type { Resources } from '../resources.ts';
import { KeyDesk } from '../server/key_desk.ts';
import { configured, examples, type JsonOptions, json, withConfig } from './command.ts';
import { open as openActs } from './desk.ts';
import { print, table, time } from './output.ts';

export const summary = 'list, add and change the keys of the database; running servers take them within two seconds';

async function open(config: Config, resources: Resources): Promise<KeyDesk> {
  const { store, acts } = await openActs(config, resources);
  return new KeyDesk(config, acts, store.adapter);
}

const at = (milliseconds: number | undefined) => time(milliseconds === undefined ? undefined : milliseconds / 1000);

export async function list(config: Config, resources: Resources, asJson: boolean): Promise<void> {
  const keys = await (await open(config, resources)).list();
  print(asJson, keys, () =>
    table(
      ['kid', 'for', 'status', 'signs from', 'retired', 'gone at'],
      keys.map(({ kid, purpose, status, active_at, retired_at, gone_at }) => [
        kid,
        purpose,
        status,
        at(active_at),
        at(retired_at),
        at(gone_at),
      ]),
    ),
  );
}

export interface AddOptions {
  readonly alg?: string | undefined;
  readonly file?: string | undefined;
}

export async function add(
  config: Config,
  resources: Resources,
  { alg, file }: AddOptions,
  asJson: boolean,
): Promise<void> {
  const given =
    file === undefined
      ? undefined
      : await readFile(file, 'utf8').catch(({ code }) => {
          throw new UsageError(`${file} cannot be read (${code})`);
        });
  const kid = await (await open(config, resources)).add(alg, given);
  print(asJson, { kid }, () => `added ${kid} as a next key`);
}

export async function rotate(config: Config, resources: Resources, asJson: boolean): Promise<void> {
  const times = await (await open(config, resources)).rotate();
  print(asJson, times, () =>
    Object.entries(times)
      .map(([purpose, when]) => `${purpose}: the next key signs ${when <= Date.now() ? 'now' : `from ${at(when)} on`}`)
      .join('\n'),
  );
}

export async function promote(config: Config, resources: Resources, kid: string, asJson: boolean): Promise<void> {
  const purpose = await (await open(config, resources)).promote(kid);
  print(asJson, { kid, purpose }, () => `${kid} is the active key for ${purpose}`);
}

export async function retire(
  config: Config,
  resources: Resources,
  kid: string,
  now: boolean,
  asJson: boolean,
): Promise<void> {
  const what = await (await open(config, resources)).retire(kid, { now });
  print(asJson, { kid, what }, () => `${kid} ${what}`);
}

/** Adds the commands to the program. */
export function register(program: Command): void {
  const group = program.command('keys').description(summary);
  json(configured(group.command('list').description('list keys with their dates: next, active and retired')))
    .addHelpText('after', examples('keys list --config as.yaml'))
    .action((options: JsonOptions) =>
      withConfig(options, (config, resources) => list(config, resources, options.json)),
    );
  json(configured(group.command('add').description('add a next signing key, made here or read from a file')))
    .option('--alg <name>', 'ES256 (default), PS256 or EdDSA')
    .option('--file <file>', 'a private key, PEM or JWK')
    .addHelpText('after', examples('keys add -c as.yaml --alg PS256', 'keys add -c as.yaml --file signing.pem'))
    .action((options: JsonOptions & AddOptions) =>
      withConfig(options, (config, resources) => add(config, resources, options, options.json)),
    );
  json(
    configured(
      group.command('rotate').description('let the next keys sign, as soon as they have been published long enough'),
    ),
  )
    .addHelpText('after', examples('keys rotate --config as.yaml'))
    .action((options: JsonOptions) =>
      withConfig(options, (config, resources) => rotate(config, resources, options.json)),
    );
  json(configured(group.command('promote <kid>').description('make a next key the active one')))
    .addHelpText('after', examples('keys promote V9oNPhEjHt --config as.yaml'))
    .action((kid: string, options: JsonOptions) =>
      withConfig(options, (config, resources) => promote(config, resources, kid, options.json)),
    );
  json(configured(group.command('retire <kid>').description('have the next key sign instead of this one')))
    .option('--now', 'forget the key at once: nothing it signed verifies any more', false)
    .addHelpText('after', examples('keys retire V9oNPhEjHt -c as.yaml', 'keys retire V9oNPhEjHt -c as.yaml --now'))
    .action((kid: string, options: JsonOptions & { now: boolean }) =>
      withConfig(options, (config, resources) => retire(config, resources, kid, options.now, options.json)),
    );
}
