import { Argument, type Command, Option } from 'commander';

import { type Generatable, generatable } from '../clients/generate.ts';
import { assignment } from './assignment.ts';
import { add } from './client_add.ts';
import * as clients from './clients.ts';
import { commandsOf, json } from './command.ts';

/** Adds the commands to the program. */
export function register(program: Command): void {
  const group = program.command('clients').description(clients.summary);

  const command = commandsOf(group);

  json(command('list', 'list the clients of the file and the database', clients.list, 'clients list -c as.yaml'));
  json(command('show <client_id>', 'show a client’s metadata', clients.show, 'clients show shop -c as.yaml --json'));
  json(
    command(
      'add [file]',
      'add a client: metadata of RFC 7591 in JSON or YAML, - for standard input',
      add,
      'clients add shop.yaml -c as.yaml',
      'clients add -c as.yaml --generate -m client_id=shop -m client_name="The Shop"',
      'clients add -c as.yaml --generate self_signed_tls_client_auth -m client_id=till',
    ),
  )
    .option('-m, --metadata <name=value>', 'metadata, the value as YAML; may be repeated', assignment, {})
    .addOption(
      new Option('--generate [method]', 'make a key pair or certificate, and print a first client').choices(
        generatable satisfies readonly Generatable[],
      ),
    )
    .option('--out <folder>', 'where the private key goes; the client_id when left out');
  json(
    command(
      'set <client_id>',
      'change a client’s metadata; name= takes a name away',
      (config, resources, client_id: string, assignments: Record<string, unknown>, options: never) =>
        clients.set(config, resources, client_id, assignments ?? {}, options),
      'clients set shop client_name="The Shop" -c as.yaml',
      'clients set shop redirect_uris=\'["https://shop.example.com/cb"]\' logo_uri= -c as.yaml',
      'clients set shop --file shop.yaml -c as.yaml',
    ).addArgument(new Argument('[name=value...]', 'metadata, the value as YAML').argParser(assignment)),
  ).option('--file <file>', 'metadata in place of those there are; - for standard input');
  json(
    command(
      'disable <client_id>',
      'let nobody be this client, and end what it holds',
      clients.disable,
      'clients disable shop -c as.yaml',
    ),
  ).option('--keep-grants', 'leave grants and tokens for when it is enabled again', false);
  json(command('enable <client_id>', 'bring a disabled client back', clients.enable, 'clients enable shop -c as.yaml'));
  json(
    command(
      'remove <client_id>',
      'remove a client, and end what it holds',
      clients.remove,
      'clients remove shop -c as.yaml',
    ),
  );
  json(
    command(
      'import <file>',
      'add many clients, all of them or none; - for standard input',
      clients.importClients,
      'clients import clients.yaml -c as.yaml',
      'clients export -c old.yaml | npx oidc-provider-fapi clients import - -c as.yaml --replace',
    ),
  ).option('--replace', 'replace clients that are there already', false);
  command(
    'export',
    'print the clients of the database, as import takes them',
    clients.exportClients,
    'clients export -c as.yaml > clients.json',
    'clients export -c as.yaml --format yaml > clients.yaml',
  )
    .addOption(new Option('--format <format>', 'of what is printed').choices(['json', 'yaml']).default('json'))
    .option('--json', 'print JSON, as without it', false);
}
