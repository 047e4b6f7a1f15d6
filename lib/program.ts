import { Argument, Command } from 'commander';

import * as accounts from './commands/accounts.ts';
import * as check from './commands/check.ts';
import { judge, judgeWhole } from './commands/judge.ts';
import * as migrate from './commands/migrate.ts';
import * as prune from './commands/prune.ts';
import * as reseal from './commands/reseal.ts';
import * as serve from './commands/serve.ts';
import { type Config, loadConfig } from './config/load.ts';
import { Resources } from './resources.ts';

/** The command's name, as npm installs it. */
export const name = 'oidc-provider-fapi';

/** Every command: what it takes, an example of it, and the file that does it. */
export const program = new Command(name)
  .description('FAPI 2.0 authorization server: Security Profile and Message Signing, on oidc-provider')
  .exitOverride();

type Options = { readonly config: string; readonly set: readonly string[] };
type Run = (config: Config, resources: Resources, file: string) => Promise<void>;

/** What a command opens is closed for it, in reverse, even when it fails. */
async function withConfig({ config: file, set }: Options, run: Run, by = judge): Promise<void> {
  const config = await loadConfig(file, { set, judge: by });
  const resources = new Resources();
  try {
    await run(config, resources, file);
  } finally {
    await resources.close();
  }
}

function examples(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText('after', `\nFor example:\n${lines.map((line) => `  npx ${name} ${line}`).join('\n')}\n`);
}

/** Adds what every command that works on a configuration file takes. */
function configured(command: Command): Command {
  const collect = (value: string, values: readonly string[]) => [...values, value];
  return command
    .requiredOption('-c, --config <file>', 'configuration file')
    .option('-s, --set <path=value>', 'lay a value over the file; may be repeated', collect, []);
}

examples(
  configured(program.command('serve').description(serve.summary)),
  'serve --config as.yaml',
  'serve --config as.yaml --set listen.port=8443 --set dpop.nonce=required',
).action((options: Options) => withConfig(options, serve.run));

examples(
  configured(program.command('migrate').description(migrate.summary)),
  'migrate status --config as.yaml',
  'migrate up --config as.yaml',
  'migrate up --grant as_server --config as.yaml',
  'migrate up --distribute --config as.yaml',
)
  .addArgument(new Argument('<direction>', 'which way').choices(['up', 'down', 'status']))
  .option('--distribute', 'up, then spread the table over the workers of a Citus cluster', false)
  .option('--grant <role>', 'up, then give the role of the servers its rights and time limits')
  .action((direction: migrate.Direction, options: Options & migrate.Options) =>
    withConfig(options, (config, resources) => migrate.run(config, resources, direction, options)),
  );

examples(configured(program.command('check').description(check.summary)), 'check --config as.yaml').action(
  (options: Options) => withConfig(options, check.run, judgeWhole),
);

const accountsCommand = program.command('accounts').description(accounts.summary);

type AccountOptions = Options & accounts.AccountOptions;

/** A command on one account, or on all of them: what it is for, examples, and the function that does it. */
function onAccounts(
  usage: string,
  description: string,
  run: (config: Config, resources: Resources, ...rest: never[]) => Promise<void>,
  ...more: readonly string[]
): Command {
  return examples(configured(accountsCommand.command(usage).description(description)), ...more)
    .option('--json', 'print JSON', false)
    .action((...args: unknown[]) => {
      // Commander hands over the arguments, the options, and the command.
      const options = args.at(-2) as AccountOptions;
      return withConfig(options, (config, resources) => run(config, resources, ...(args.slice(0, -1) as never[])));
    });
}

onAccounts('list', 'list the accounts of the file and the database', accounts.list, 'accounts list -c as.yaml');
onAccounts(
  'show <login>',
  'show an account by its login or sub, and what it holds',
  accounts.show,
  'accounts show jane -c as.yaml --json',
);
onAccounts(
  'add <login>',
  'add an account to the database',
  accounts.add,
  'accounts add jane -c as.yaml --claim name="Jane Doe" --claim email=jane@example.com',
  'accounts add jane -c as.yaml < password.txt',
).option('--claim <name=value>', 'what clients may be told; may be repeated', accounts.claim, {});
onAccounts(
  'password <login>',
  'give an account a new password, and end its sessions, grants and tokens',
  accounts.setPassword,
  'accounts password jane -c as.yaml',
  'accounts password jane -c as.yaml --keep-sessions < password.txt',
).option('--keep-sessions', 'leave sessions, grants and tokens as they are', false);
onAccounts('lock <login>', 'lock an account, and end all it holds', accounts.lock, 'accounts lock jane -c as.yaml');
onAccounts('unlock <login>', 'let a locked account log in again', accounts.unlock, 'accounts unlock jane -c as.yaml');
onAccounts(
  'remove <login>',
  'remove an account, and end all it holds',
  accounts.remove,
  'accounts remove jane -c as.yaml',
);
onAccounts(
  'export <login>',
  'print all that is kept about a person, as JSON (GDPR article 15)',
  accounts.exportAccount,
  'accounts export jane -c as.yaml > jane.json',
);
onAccounts(
  'erase <login>',
  'delete all that is kept about a person (GDPR article 17)',
  accounts.erase,
  'accounts erase jane -c as.yaml',
  'accounts erase jane -c as.yaml --yes',
).option('--yes', 'do not ask', false);
examples(
  accountsCommand.command('hash').description('print the password_hash of a password'),
  'accounts hash',
  'accounts hash < password.txt',
).action(accounts.hash);

examples(configured(program.command('prune').description(prune.summary)), 'prune --config as.yaml').action(
  (options: Options) => withConfig(options, prune.run),
);

examples(configured(program.command('reseal').description(reseal.summary)), 'reseal --config as.yaml')
  .option('--clear', 'seal rows that lie in the clear, too; they may be anybody’s work', false)
  .action((options: Options & { clear: boolean }) =>
    withConfig(options, (config, resources) => reseal.run(config, resources, options.clear)),
  );

examples(
  program
    .command('demo')
    .description('drive a whole flow with a real client, each step explained')
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .argument('[arguments...]'),
  'demo',
).action(async (args: string[]) => (await import('./commands/demo.ts')).run(args));
