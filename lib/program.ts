import { existsSync } from 'node:fs';

import { Command } from 'commander';

import * as accounts from './commands/accounts_program.ts';
import * as audit from './commands/audit_program.ts';
import * as check from './commands/check.ts';
import * as clients from './commands/clients_program.ts';
import { examples, name } from './commands/command.ts';
import * as completion from './commands/completion.ts';
import * as grants from './commands/grants.ts';
import * as health from './commands/health.ts';
import * as keys from './commands/keys.ts';
import * as migrate from './commands/migrate.ts';
import * as nodes from './commands/nodes.ts';
import * as prune from './commands/prune.ts';
import * as quickstart from './commands/quickstart.ts';
import * as reseal from './commands/reseal.ts';
import * as serve from './commands/serve.ts';

import { OperationalError } from './errors.ts';
import { installed } from './installed.ts';
import { packageFile, version } from './package_file.ts';

/** Runs the demo. It needs a checkout, since the private key of the sample clients is in no package. */
async function demo(args: readonly string[]): Promise<void> {
  if (!existsSync(packageFile('config/sample/client.key'))) {
    throw new OperationalError(
      'the demo has keys of the sample clients in the source code only: check it out, npm ci, npm run demo',
    );
  }
  const { run } = await installed('the demo', () => import('./commands/demo.ts'));
  await run(args);
}

/** Every command, in the order of the help; each file says what its command takes, and does it. */
export const program = new Command(name)
  .description('FAPI 2.0 authorization server: Security Profile and Message Signing, on oidc-provider')
  .version(version)
  .configureOutput({
    outputError(text, write) {
      // A thumbprint begins with a dash one time in 64.
      const isName = /unknown option '-[\w-]{3,}'/.test(text) && !text.includes("'--");
      write(isName ? text.replace(/\n?$/, ' (write -- before a name that begins with a dash)\n') : text);
    },
  })
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
  .action((args: string[]) => demo(args));

// The last, since it completes all that is there.
completion.register(program);
