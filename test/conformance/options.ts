import { resolve } from 'node:path';

import { InvalidArgumentError } from 'commander';

import { commandLine, count, optionsOf, refuse, regularExpression } from '../support/command_line.ts';
import { clientGroup, groups } from './plans.ts';

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
  /** Put before the name of every plan, and with it before its alias and its clients. */
  readonly aliasPrefix: string;
  /** The provider's name where the suite runs elsewhere. */
  readonly host?: string;
  readonly resume: boolean;
  /** Seconds in which a suite that does not answer is asked again. */
  readonly patience: number;
  /** True where less than everything was asked for, so that the evidence of a full run stays as it is. */
  readonly filtered: boolean;
}

function someGroups(value: string): string[] {
  const names = value.split(',');
  const known: readonly string[] = [...groups, clientGroup];
  if (names.some((name) => !known.includes(name))) throw new InvalidArgumentError(`write some of ${known.join(',')}`);
  return names;
}

function aliasPart(value: string): string {
  if (!/^[\w-]{1,40}$/.test(value)) throw new InvalidArgumentError('write letters, digits, - and _');
  return value;
}

function origin(value: string): string {
  const url = URL.parse(value);
  if (url?.protocol !== 'https:') throw new InvalidArgumentError('write an https URL');
  return url.origin;
}

const every = /(?:)/;

/** Address at which the suite's own container setup puts it. */
const usual = 'https://localhost.emobix.co.uk:8443';

const program = commandLine('conformance', "run the OpenID Foundation's conformance suite against this provider")
  .option('--suite <url>', 'address of a running suite', origin, usual)
  .option(
    '--plans <list>',
    'sp: Security Profile, ms: Message Signing, cc: client credentials, rar: rich requests of both, eco: ecosystems, rp: plans for clients; all when left out, without rp for --issuer and --write-plans',
    someGroups,
  )
  .option('--variants <regex>', 'only the variants whose name matches', regularExpression)
  .option('--modules <regex>', 'only the modules whose name matches', regularExpression)
  .option('--parallel <n>', 'plans side by side', count, 4)
  .option('--issuer <url>', 'a provider that runs already, of the files that --write-plans has left in --out', origin)
  .option('--alias-prefix <text>', 'before every alias, which is global on a shared suite', aliasPart)
  .option('--host <name>', 'what a suite in containers knows this machine by, host.docker.internal for example')
  .option('--resume', 'skip the modules that passed before, by the results in --out', false)
  .option('--patience <seconds>', 'how long a suite that stops answering is asked again', count, 60)
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
  const { variants = every, modules = every, aliasPrefix = '', issuer, writePlans } = options;
  const { plans = issuer || writePlans ? groups : [...groups, clientGroup] } = options;
  const filtered = variants !== every || modules !== every || groups.some((group) => !plans.includes(group));
  return {
    ...options,
    plans,
    variants,
    modules,
    aliasPrefix,
    filtered,
    out: resolve(options.writePlans ?? options.out),
  };
}
