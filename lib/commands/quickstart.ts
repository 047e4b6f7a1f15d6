import { type Command, Option } from 'commander';

import { type Metadata, quickstart, stacks } from '../clients/quickstart.ts';
import type { Config } from '../config/load.ts';
import { UsageError } from '../errors.ts';
import type { Resources } from '../resources.ts';
import { configured, examples, type Options, withConfig } from './command.ts';
import { openDesks } from './desk.ts';

/** A client of the file or of the database. */
async function find(config: Config, resources: Resources, client_id: string): Promise<Metadata> {
  const written = config.clients.find((one) => one.client_id === client_id);
  const found = written ?? (await (await openDesks(config, resources)).clients.registry.find(client_id));
  if (!found) throw new UsageError(`there is no client ${client_id}`);
  return found as Metadata;
}

/** Adds the command below `clients`. */
export function register(program: Command): void {
  const clients = program.commands.find((command) => command.name() === 'clients') ?? program.command('clients');
  configured(clients.command('quickstart <client_id>').description('print a program that is this client'))
    .addOption(
      new Option('--for <stack>', 'what it is written with').choices(Object.keys(stacks)).makeOptionMandatory(),
    )
    .addHelpText(
      'after',
      examples('clients quickstart tls_client_auth-mtls --for curl --config config/development.yaml'),
    )
    .action((client_id: string, options: Options & { readonly for: string }) =>
      withConfig(options, async (config, resources) => {
        const client = await find(config, resources, client_id);
        process.stdout.write(quickstart(config, client, options.for));
      }),
    );
}
