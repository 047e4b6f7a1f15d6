import { resolve } from 'node:path';

import { InvalidArgumentError } from 'commander';

import { commandLine, count, optionsOf, refuse, regularExpression } from '../support/command_line.ts';
import { groups } from './plans.ts';

/** What the command line says. */
export interface Options {
  readonly suite: string;
  readonly plans: readonly string[];
  readonly variants: RegExp;
  readonly modules: RegExp;
  readonly parallel: number;
  readonly issuer?: string;
  readonly out: string;
  readonly writePlans?: string;
  readonly processes: number;
  readonly database?: string;
}

function someGroups(value: string): string[] {
  const names = value.split(',');
  const wrong = names.some((name) => !(groups as readonly string[]).includes(name));
  if (wrong) throw new InvalidArgumentError(`write some of ${groups.join(',')}`);
  return names;
}

function origin(value: string): string {
  const url = URL.parse(value);
  if (url?.protocol !== 'https:') throw new InvalidArgumentError('write an https URL');
  return url.origin;
}

/** Where the suite's own container setup puts it. */
const usual = 'https://localhost.emobix.co.uk:8443';

const program = commandLine('conformance', "run the OpenID Foundation's conformance suite against this provider")
  .option('--suite <url>', 'address of a running suite', origin, usual)
  .option(
    '--plans <list>',
    'sp: Security Profile, ms: Message Signing, cc: client credentials, rar: rich requests of both',
    someGroups,
    [...groups],
  )
  .option('--variants <regex>', 'only the variants whose name matches', regularExpression, /(?:)/)
  .option('--modules <regex>', 'only the modules whose name matches', regularExpression, /(?:)/)
  .option('--parallel <n>', 'plans side by side', count, 4)
  .option('--issuer <url>', 'a provider that runs already, of the files that --write-plans has left in --out', origin)
  .option('--out <dir>', 'where configurations, keys and results are written', '.conformance')
  .option('--write-plans <dir>', 'write what a run needs, and do not run')
  .option('--processes <n>', 'provider processes behind one address, on one --database', count, 1)
  .option('--database <url>', 'a Postgres for the provider, instead of an embedded one');

/** Reads the command line, or ends the process with one line. */
export function readOptions(): Options {
  const options = optionsOf<Options>(program);
  if (options.processes > 1 && !options.database) {
    refuse('--processes needs a database they share: --database postgres://...');
  }
  return { ...options, out: resolve(options.writePlans ?? options.out) };
}
