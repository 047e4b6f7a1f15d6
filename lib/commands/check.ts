import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { type Command, InvalidArgumentError, Option } from 'commander';

import { asHtml } from '../check/html.ts';
import { asJson } from '../check/json.ts';
import { outsideReport } from '../check/outside.ts';
import { type Report, reportOf } from '../check/report.ts';
import { asSarif } from '../check/sarif.ts';
import { asText } from '../check/text.ts';
import { type Config, loadConfig } from '../config/load.ts';
import { ConfigError, type Problem, UsageError } from '../errors.ts';
import { version } from '../package_file.ts';
import { violations } from '../profile.ts';
import { profiles } from '../profiles/profiles.ts';
import { ending, lifetimes } from '../server/expiry.ts';
import { profileOf } from '../server/provider.ts';
import { examples } from './command.ts';
import { judgeWhole, stand } from './judge.ts';

export const summary =
  'say whether a configuration, or a provider of any make, is inside its profile, clause by clause';

const formats = ['text', 'json', 'sarif', 'html'] as const;

interface CheckOptions {
  readonly config?: string;
  readonly set: readonly string[];
  readonly module?: string;
  readonly issuer?: string;
  readonly client?: string;
  readonly ca?: string;
  readonly format: (typeof formats)[number];
  readonly output?: string;
  readonly days?: number;
}

/** The profile with everything it can have: what a file leaves out is then known to be left out. */
const wholeOf = (name: Config['profile']) => profiles[name]({ mtls: { url: 'https://mtls.invalid', authorities: [] } });

/** Judges a file; problems of the file are part of the report instead of an error. */
export async function fileReport(file: string, set: readonly string[]): Promise<Report> {
  try {
    const config = await loadConfig(file, { set, judge: judgeWhole });
    const parts = await stand(config);
    const profile = profileOf(config, parts);
    const whole = parts.extension?.profile ? profile : wholeOf(config.profile);
    return reportOf({ file, config, profile, whole, problems: [] });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { problems, profile = 'fapi2-security-profile' } = error;
    const whole = wholeOf(profile as Config['profile']);
    return reportOf({ file, config: undefined, profile: whole, whole, problems });
  }
}

/**
 * Judges a team's own configuration of core: a module that exports `configuration`, and `profile` as it is given to
 * `fapiProvider()`.
 */
export async function moduleReport(path: string): Promise<Report> {
  const file = resolve(path);
  const { profile, configuration, issuer } = await import(pathToFileURL(file).href).catch((error: Error) => {
    throw new UsageError(`${path} cannot be loaded: ${error.message}`);
  });
  if (!Array.isArray(profile?.mechanisms) || typeof configuration !== 'object' || configuration === null) {
    throw new UsageError(`${path} has to export profile (such as fapi2SecurityProfile()) and configuration`);
  }
  const problems = violations(profile, configuration, issuer).map(
    ({ path: at = [], text, clause }): Problem => ({
      file: path,
      line: 1,
      column: 1,
      key: at.join('.'),
      text,
      ...(clause && { clause }),
    }),
  );
  return reportOf({ file: path, config: undefined, profile, whole: profile, problems });
}

async function written(report: Report, { format, output }: CheckOptions): Promise<void> {
  const texts = {
    text: () => asText(report),
    json: () => asJson(report),
    sarif: () => JSON.stringify(asSarif(report, version), null, 2),
    html: () => asHtml(report, new Date()),
  };
  const text = texts[format]();
  if (output === undefined) console.log(text);
  else await writeFile(output, text);
}

/** Certificates that end within so many days, a line each on standard error, and exit code 2 where there are any. */
async function tellEnding(file: string, { set, days }: CheckOptions): Promise<void> {
  if (days === undefined) return;
  const found = (await lifetimes(await loadConfig(file, { set }))).filter((lifetime) => lifetime.days < days);
  for (const lifetime of found) console.error(ending(lifetime));
  if (found.length > 0) process.exitCode = 2;
}

async function run(options: CheckOptions): Promise<void> {
  const { config, module, issuer, set, client, ca } = options;
  if ([config, module, issuer].filter((value) => value !== undefined).length !== 1) {
    throw new UsageError('write one of --config FILE, --module FILE and --issuer URL');
  }
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const report = issuer
    ? await outsideReport({ issuer, client, ca, say })
    : module
      ? await moduleReport(module)
      : await fileReport(`${config}`, set);
  if (report.problems.length > 0) console.error(new ConfigError(report.problems).message);
  await written(report, options);
  if (config !== undefined && report.problems.length === 0) await tellEnding(config, options);
  if (report.problems.length > 0 || report.clauses.some(({ status }) => status === 'violated')) process.exitCode = 2;
}

function daysOf(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('Write a number of days, for example 30.');
  return Number(text);
}

/** Adds the command to the program. */
export function register(program: Command): void {
  const collect = (value: string, values: readonly string[]) => [...values, value];
  program
    .command('check')
    .description(summary)
    .option('-c, --config <file>', 'configuration file')
    .option('-s, --set <path=value>', 'lay a value over the file; may be repeated', collect, [])
    .option('--module <file>', 'a module with the configuration of core and the profile, as a team has it')
    .option('--issuer <url>', 'look at a running provider of any make from outside')
    .option('--client <file>', 'with --issuer: a client to try it with, JSON: client_id, jwk, redirect_uri, scope')
    .option('--ca <file>', 'with --issuer: certificate authority of the provider, PEM')
    .option('--days <days>', 'with --config: certificates that end within so many days are an error', daysOf)
    .addOption(new Option('--format <format>', 'how to write the report').choices(formats).default('text'))
    .option('-o, --output <file>', 'write the report to a file')
    .addHelpText(
      'after',
      examples(
        'check --config as.yaml',
        'check --config as.yaml --days 30',
        'check --config as.yaml --format sarif --output check.sarif',
        'check --module ./provider.js',
        'check --issuer https://as.example.com --client client.json',
      ),
    )
    .action(run);
}
