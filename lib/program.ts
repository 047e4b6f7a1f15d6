import { Command } from 'commander';

import * as accounts from './commands/accounts_program.ts';
import * as audit from './commands/audit.ts';
import * as check from './commands/check.ts';
import * as clients from './commands/clients_program.ts';
import { examples, name } from './commands/command.ts';
import * as grants from './commands/grants.ts';
import * as health from './commands/health.ts';
import * as keys from './commands/keys.ts';
import * as migrate from './commands/migrate.ts';
import * as nodes from './commands/nodes.ts';
import * as prune from './commands/prune.ts';
import * as quickstart from './commands/quickstart.ts';
import * as reseal from './commands/reseal.ts';
import * as serve from './commands/serve.ts';
import { version } from './package_file.ts';

/** Every command, in the order of the help; each file says what its command takes, and does it. */
export const program = new Command(name)
  .description('FAPI 2.0 authorization server: Security Profile and Message Signing, on oidc-provider')
  .version(version)
  .exitOverride();

const commands = [
  serve,
  migrate,
  check,
  health,
  nodes,
  clients,
  quickstart,
  accounts,
  grants,
  keys,
  audit,
  prune,
  reseal,
];
for (const { register } of commands) register(program);

program
  .command('demo')
  .description('drive a whole flow with a real client, each step explained')
  .addHelpText('after', examples('demo'))
  .allowUnknownOption()
  .allowExcessArguments()
  .helpOption(false)
  .argument('[arguments...]')
  .action(async (args: string[]) => (await import('./commands/demo.ts')).run(args));
