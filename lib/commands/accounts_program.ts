import type { Command } from 'commander';

import * as accounts from './accounts.ts';
import { commandsOf, examples, json } from './command.ts';

/** Adds the commands to the program. */
export function register(program: Command): void {
  const group = program.command('accounts').description(accounts.summary);

  const plain = commandsOf(group);
  const command: typeof plain = (...args) => json(plain(...args));

  command('list', 'list the accounts of the file and the database', accounts.list, 'accounts list -c as.yaml');
  command(
    'show <login>',
    'show an account by its login or sub, and what it holds',
    accounts.show,
    'accounts show jane -c as.yaml --json',
  );
  command(
    'add <login>',
    'add an account to the database',
    accounts.add,
    'accounts add jane -c as.yaml --claim name="Jane Doe" --claim email=jane@example.com',
    'accounts add jane -c as.yaml < password.txt',
  ).option('--claim <name=value>', 'what clients may be told; may be repeated', accounts.claim, {});
  command(
    'password <login>',
    'give an account a new password, and end its sessions, grants and tokens',
    accounts.setPassword,
    'accounts password jane -c as.yaml',
    'accounts password jane -c as.yaml --keep-sessions < password.txt',
  ).option('--keep-sessions', 'leave sessions, grants and tokens as they are', false);
  command('lock <login>', 'lock an account, and end all it holds', accounts.lock, 'accounts lock jane -c as.yaml');
  command('unlock <login>', 'let a locked account log in again', accounts.unlock, 'accounts unlock jane -c as.yaml');
  command(
    'remove <login>',
    'remove an account, and end all it holds',
    accounts.remove,
    'accounts remove jane -c as.yaml',
  );
  command(
    'export <login>',
    'print all that is kept about a person, as JSON (GDPR article 15)',
    accounts.exportAccount,
    'accounts export jane -c as.yaml > jane.json',
  );
  command(
    'erase <login>',
    'delete all that is kept about a person (GDPR article 17)',
    accounts.erase,
    'accounts erase jane -c as.yaml',
    'accounts erase jane -c as.yaml --yes',
  ).option('--yes', 'do not ask', false);
  group
    .command('hash')
    .description('print the password_hash of a password')
    .addHelpText('after', examples('accounts hash', 'accounts hash < password.txt'))
    .action(accounts.hash);
}
