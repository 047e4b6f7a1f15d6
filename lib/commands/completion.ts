import { Argument, type Command } from 'commander';

import { name } from './command.ts';

export const summary = 'print a script that has the shell complete commands and options';

/** A place on the command line: the words before it, and what may stand there. */
interface CommandPlace {
  /** Names of the commands so far, with a space between. */
  readonly at: string;
  readonly commands: readonly string[];
  readonly words: readonly string[];
  /** An argument may be anything, the name of a file for example. */
  readonly files: boolean;
  /** Options that take a value, and the values where they are listed. */
  readonly values: readonly { readonly option: string; readonly choices: readonly string[] }[];
}

function placesOf(command: Command, at = ''): CommandPlace[] {
  const commands = command.commands.map((child) => child.name()).filter((child) => child !== 'help');
  const { options, registeredArguments } = command;
  const choices = registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
  const flags = options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : []));
  const place = {
    at,
    commands,
    words: [...commands, ...choices, ...flags, '--help'],
    files: registeredArguments.some(({ argChoices }) => argChoices === undefined),
    values: options
      .filter(({ required, optional }) => required || optional)
      .flatMap(({ long, short, argChoices = [] }) =>
        [long, short].filter((option) => option != null).map((option) => ({ option, choices: argChoices })),
      ),
  };
  return [place, ...command.commands.flatMap((child) => placesOf(child, `${at} ${child.name()}`.trim()))];
}

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');

/** Parts of the script that differ between the shells. */
interface Shell {
  readonly head: string;
  readonly tail: string;
  /** Offers words; they are quoted. */
  readonly words: (words: readonly string[]) => string;
  readonly files: string;
}

const identifier = `_${name.replaceAll('-', '_')}`;

const shells: Readonly<Record<'bash' | 'zsh', Shell>> = {
  bash: {
    head: `${identifier}() {
  local at= word index
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"`,
    tail: `complete -o filenames -F ${identifier} ${name}`,
    words: (words) => `COMPREPLY+=($(compgen -W "${words.join(' ')}" -- "$current"))`,
    files: 'COMPREPLY+=($(compgen -f -- "$current"))',
  },
  zsh: {
    head: `#compdef ${name}
${identifier}() {
  local at= word index
  local before="\${words[CURRENT-1]}"
  for ((index = 2; index < CURRENT; index++)); do
    word="\${words[index]}"`,
    tail: `compdef ${identifier} ${name}`,
    words: (words) => `compadd -- ${quoted(words)}`,
    files: '_files',
  },
};

/** The script for a shell, made of the program's own list of commands. */
export function completion(program: Command, shell: 'bash' | 'zsh'): string {
  const { head, tail, words, files } = shells[shell];
  const places = placesOf(program);
  const known = places.flatMap(({ at, commands }) => commands.map((command) => `'${at}/${command}'`));
  const values = places.flatMap(({ at, values: options }) =>
    options.map(
      ({ option, choices }) => `    '${at}/${option}') ${choices.length > 0 ? words(choices) : files}; return ;;`,
    ),
  );
  const offers = places.map((place) => {
    const offered = [words(place.words), ...(place.files ? [files] : [])].join('; ');
    return `    '${place.at}') ${offered} ;;`;
  });
  return `${head}
    case "$at/$word" in
      ${known.join('|')}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at/$before" in
${values.join('\n')}
  esac
  case "$at" in
${offers.join('\n')}
  esac
}
${tail}
`;
}

/** Adds the command to the program. */
export function register(program: Command): void {
  program
    .command('completion')
    .description(summary)
    .addArgument(new Argument('<shell>', 'which').choices(['bash', 'zsh']))
    .addHelpText(
      'after',
      `\nFor example:\n  source <(npx ${name} completion bash)\n  source <(npx ${name} completion zsh)\n`,
    )
    .action((shell: 'bash' | 'zsh') => void process.stdout.write(completion(program, shell)));
}
