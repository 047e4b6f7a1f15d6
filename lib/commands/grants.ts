import { type Command, InvalidArgumentError } from 'commander';

import type { Config } from '../config/load.ts';
import type { Resources } from '../resources.ts';
import { timeOf } from './audit.ts';
import { configured, examples, type JsonOptions, json, withConfig } from './command.ts';
import { openDesks } from './desk.ts';
import { print, table, time } from './output.ts';

export const summary = 'list and revoke what people have granted to clients';

interface Whose {
  readonly account?: string;
  readonly client?: string;
  readonly before?: string;
}

const secondsOf = (text: string | undefined) => {
  const at = timeOf(text);
  return at === undefined ? undefined : at / 1000;
};

export async function list(
  config: Config,
  resources: Resources,
  { json, limit, account, client, before }: Whose & { json: boolean; limit: number },
): Promise<void> {
  const { grants } = await openDesks(config, resources);
  const named = account ?? client ?? before;
  const wanted = { account, client, before: secondsOf(before), ...(named === undefined && { all: true as const }) };
  const found = await grants.list(wanted, limit);
  print(json, found, () =>
    table(
      ['account', 'client', 'given', 'expires', 'scope'],
      found.map((grant) => [grant.account, grant.client_id, time(grant.given_at), time(grant.expires_at), grant.scope]),
    ),
  );
  if (found.length === limit) process.stderr.write(`the first ${limit}; more with --limit\n`);
}

export async function revoke(
  config: Config,
  resources: Resources,
  { json, account, client, before, all, keepSessions }: Whose & { json: boolean; all?: true; keepSessions: boolean },
): Promise<void> {
  const wanted = { account, client, before: secondsOf(before), all };
  const { grants } = await openDesks(config, resources);
  const revoked = await grants.revoke(wanted, { keepSessions });
  const { sessions, tokens } = revoked;
  print(json, revoked, () => `ended ${sessions} sessions, ${revoked.grants} grants and ${tokens} tokens`);
}

function count(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a whole number, for example 1000.');
}

const whose = (command: Command) =>
  json(configured(command))
    .option('--account <login>', 'a login, or a sub')
    .option('--client <client_id>', 'given to a client')
    .option('--before <time>', 'given before a date, a date with a time, or so long ago: 90m, 12h, 7d');

/** Adds the commands to the program. */
export function register(program: Command): void {
  const group = program.command('grants').description(summary);
  whose(group.command('list').description('list grants: whose, to which client, for what'))
    .option('--limit <number>', 'at most so many', count, 1000)
    .addHelpText(
      'after',
      examples('grants list -c as.yaml --account jane', 'grants list -c as.yaml --client shop --json'),
    )
    .action((options: JsonOptions & Whose & { limit: number }) =>
      withConfig(options, (config, resources) => list(config, resources, options)),
    );
  whose(group.command('revoke').description('end grants, their tokens, and sessions'))
    .option('--all', 'everybody’s')
    .option('--keep-sessions', 'leave people signed in', false)
    .addHelpText(
      'after',
      `${examples(
        'grants revoke -c as.yaml --account jane',
        'grants revoke -c as.yaml --client shop',
        'grants revoke -c as.yaml --before 2026-11-27T08:00Z',
      )}\nAfter a restore, revoke what is older than the restored database was when it was put back: what had been\nrevoked, spent or changed since its backup is there again.\n`,
    )
    .action((options: JsonOptions & Whose & { all?: true; keepSessions: boolean }) =>
      withConfig(options, (config, resources) => revoke(config, resources, options)),
    );
}
