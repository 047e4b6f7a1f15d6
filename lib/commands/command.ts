import type { Command } from 'commander';

import { type Config, type LoadOptions, loadConfig } from '../config/load.ts';
import { OperationalError } from '../errors.ts';
import { name } from '../package_file.ts';
import { Resources } from '../resources.ts';
import { judge } from './judge.ts';

export { name };

/** Options of every command that works on a configuration file. */
export interface Options {
  readonly config: string;
  readonly set: readonly string[];
}

export interface JsonOptions extends Options {
  readonly json: boolean;
}

export type Run = (config: Config, resources: Resources, file: string) => Promise<void>;

/** An error of the database that says that the role may not do it, as a line; any other as it is. */
function told(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code !== '42501') return error;
  const reason = `${message}`.split(' - ').at(-1);
  return new OperationalError(
    `the role of database.url may not do this (${reason}): run it as the owner of the tables`,
  );
}

/**
 * Loads and judges the configuration file, then runs a command with it. What the command opens is closed in reverse
 * order, also after a failure.
 */
export async function withConfig(
  { config: file, set }: Options,
  run: Run,
  by: NonNullable<LoadOptions['judge']> = judge,
): Promise<void> {
  const config = await loadConfig(file, { set, judge: by });
  const resources = new Resources();
  try {
    await run(config, resources, file);
  } catch (error) {
    throw told(error);
  } finally {
    await resources.close();
  }
}

/** The end of a help text: the command as it would be typed. */
export const examples = (...lines: readonly string[]): string =>
  `\nFor example:\n${lines.map((line) => `  npx ${name} ${line}`).join('\n')}\n`;

/** Adds the options of a command that works on a configuration file. */
export function configured(command: Command): Command {
  const collect = (value: string, values: readonly string[]) => [...values, value];
  return command
    .requiredOption('-c, --config <file>', 'configuration file')
    .option('-s, --set <path=value>', 'lay a value over the file; may be repeated', collect, []);
}

/**
 * Makes commands of a group that work on a configuration file: each with its examples, and the function that gets the
 * configuration, the arguments and the options.
 */
export const commandsOf =
  (group: Command) =>
  (
    usage: string,
    description: string,
    run: (config: Config, resources: Resources, ...rest: never[]) => Promise<void>,
    ...lines: readonly string[]
  ): Command =>
    configured(group.command(usage).description(description))
      .addHelpText('after', examples(...lines))
      .action((...args: unknown[]) => {
        // Commander hands over the arguments, the options, and the command; of which types, its own types do not say.
        const options = args.at(-2) as Options;
        return withConfig(options, (config, resources) => run(config, resources, ...(args.slice(0, -1) as never[])));
      });

/** Adds the option that has a program read the answer. */
export const json = (command: Command): Command => command.option('--json', 'print JSON', false);
