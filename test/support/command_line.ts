import { Command, CommanderError, InvalidArgumentError } from 'commander';

import { UsageError } from '../../lib/errors.ts';
import { checkLogLevel } from '../../lib/log.ts';

/** A runner's command line: what is wrong with it is told in one line. */
export function commandLine(name: string, description: string): Command {
  return new Command(`npm run ${name} --`)
    .description(description)
    .allowExcessArguments(false)
    .configureOutput({ outputError: (text, write) => write(`${text.trim().replaceAll('\n', ' ')}\n`) })
    .exitOverride();
}

/** The options of a command line that `parsed()` reads. */
export const optionsOf = <T extends object>(command: Command): T => parsed(command).opts<T>();

/** The arguments of a command line of one list of them. */
export const argumentsOf = (command: Command): readonly string[] => parsed(command).processedArgs[0] ?? [];

/** Reads the command line, or ends the process: 2 where something is wrong with it, 0 after the help. */
function parsed(command: Command): Command {
  try {
    checkLogLevel();
    return command.parse();
  } catch (error) {
    if (error instanceof UsageError) refuse(error.message);
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    throw error;
  }
}

/** Says no to a command line that was read, in one line. */
export function refuse(text: string): never {
  process.stderr.write(`error: ${text}\n`);
  process.exit(2);
}

export function regularExpression(value: string): RegExp {
  try {
    return new RegExp(value, 'i');
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

export function count(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number) || number < 1) {
    throw new InvalidArgumentError('write a whole number from 1');
  }
  return number;
}

export function positive(value: string): number {
  const number = Number(value);
  if (!(number > 0 && number < 1e6)) throw new InvalidArgumentError('write a number above 0');
  return number;
}

/** A whole number an environment variable holds. */
export function countFrom(name: string, unset: number): number {
  const value = process.env[name];
  if (value === undefined || value === '') return unset;
  if (!/^\d{1,9}$/.test(value)) refuse(`${name} is ${JSON.stringify(value)}, write a whole number`);
  return Number(value);
}
