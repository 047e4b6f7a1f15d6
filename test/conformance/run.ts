import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { Command, CommanderError, InvalidArgumentError } from 'commander';

import { ConfigError, OperationalError } from '../../lib/errors.ts';
import { Resources } from '../../lib/resources.ts';
import { readPlan, writeMaterials } from './materials.ts';
import { expectedModules, groups, type Plan, plans, shortName } from './plans.ts';
import { Progress } from './progress.ts';
import { startProvider } from './providers.ts';
import { faults, findings, type ModuleResult, type PlanResult, passed, table } from './results.ts';
import { type Module, Suite } from './suite.ts';

interface Options {
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

const regularExpression = (value: string): RegExp => {
  try {
    return new RegExp(value);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
};
const count = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('write a whole number from 1');
  return number;
};
const list = (value: string): string[] => {
  const names = value.split(',');
  const wrong = names.find((name) => !(groups as readonly string[]).includes(name));
  if (wrong !== undefined) throw new InvalidArgumentError(`write some of ${groups.join(',')}`);
  return names;
};

const program = new Command('npm run conformance --')
  .description("run the OpenID Foundation's conformance suite against this provider")
  .option('--suite <url>', 'address of a running suite', 'https://localhost.emobix.co.uk:8443')
  .option('--plans <list>', 'sp: Security Profile, ms: Message Signing, cc: client credentials', list, [...groups])
  .option('--variants <regex>', 'only the variants whose name matches', regularExpression, /(?:)/)
  .option('--modules <regex>', 'only the modules whose name matches', regularExpression, /(?:)/)
  .option('--parallel <n>', 'plans side by side', count, 4)
  .option('--issuer <url>', 'a provider that already runs, of the files that --write-plans has written into --out')
  .option('--out <dir>', 'where configurations, keys and results are written', '.conformance')
  .option('--write-plans <dir>', 'write what a run needs, and do not run')
  .option('--processes <n>', 'provider processes behind one address, on one --database', count, 1)
  .option('--database <url>', 'a Postgres for the provider, instead of an embedded one')
  .exitOverride();

/** A plan that the suite holds, and what has come of it. */
interface Created {
  readonly id: string;
  readonly modules: readonly Module[];
  readonly known: readonly string[];
  readonly result: PlanResult;
}

/** Creates a plan in the suite, and compares its modules with those we know. */
async function create(suite: Suite, plan: Plan, { modules: selected, out }: Options): Promise<Created> {
  const created = await suite.createPlan(plan.planName, plan.variant, await readPlan(out, plan));
  const chosen = (testModule: string) => selected.test(shortName(testModule));
  const modules = created.modules.filter(({ testModule }) => chosen(testModule));
  const known = expectedModules(plan).filter(chosen);
  const missing = known
    .filter((name) => !modules.some(({ testModule }) => testModule === name))
    .map((testModule): ModuleResult => ({ testModule, result: 'MISSING', seconds: 0, findings: [] }));
  const result = { name: plan.name, modules: missing, expected: modules.length + missing.length };
  return { id: created.id, modules, known, result };
}

const unreachable = /Unable to fetch server configuration from (\S+)/;

/** Runs one module to its end, however it ends. */
async function runModule(suite: Suite, { id, known }: Created, module: Module): Promise<ModuleResult> {
  const { testModule } = module;
  const started = Date.now();
  const log = await suite.start(id, module);
  const outcome = await suite.finished(log, 300);
  const found = outcome === 'PASSED' ? [] : findings(await suite.log(log));
  const [, discovery] = found.map(({ text }) => unreachable.exec(text)).find((match) => match) ?? [];
  if (discovery) {
    throw new OperationalError(
      `the suite does not reach ${discovery}: give the issuer a host name that its machine knows, in config/conformance*.yaml`,
    );
  }
  return {
    testModule,
    result: known.includes(testModule) ? outcome : `UNKNOWN MODULE, ${outcome}`,
    seconds: (Date.now() - started) / 1000,
    log: suite.logUrl(log),
    findings: found,
  };
}

/** One plan after the other from the list, as long as there are some; within a plan one module after the other. */
async function work(suite: Suite, queue: Created[], progress: Progress, out: string): Promise<void> {
  for (let plan = queue.shift(); plan; plan = queue.shift()) {
    for (const module of plan.modules) {
      const ended = await runModule(suite, plan, module);
      plan.result.modules.push(ended);
      progress.finished(plan.result.name, ended);
    }
    await writeFile(join(out, `${plan.result.name}.zip`), await suite.exportHtml(plan.id));
  }
}

/** Only once: a second signal ends the process as it would have without us. */
const interrupted = new Promise<never>((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => reject(new OperationalError(`stopped by ${signal}`)));
  }
});
interrupted.catch(() => {});

async function run(suite: Suite, selected: readonly Plan[], options: Options, resources: Resources): Promise<boolean> {
  const { out, parallel, processes, database, issuer } = options;
  const needed = [...new Set(selected.map(({ provider }) => provider))];
  if (issuer) {
    const [only, another] = needed;
    if (another)
      throw new OperationalError(`--issuer ${issuer} serves ${only} or ${another}: select with --plans and --variants`);
  } else {
    await writeMaterials(out, selected, suite.url);
    for (const name of needed) await startProvider(name, { directory: out, processes, database }, resources);
  }
  console.log(`suite ${await suite.version()} at ${suite.url}, results in ${out}`);
  const created = await Promise.all(selected.map((plan) => create(suite, plan, options)));
  created.sort((one, other) => other.modules.length - one.modules.length);
  const names = created.map(
    ({ result, modules }) => [result.name, modules.map(({ testModule }) => testModule)] as const,
  );
  const progress = new Progress(new Map(names), parallel);
  const queue = [...created];
  const workers = Array.from({ length: parallel }, () => work(suite, queue, progress, out));
  const failure = await Promise.race([Promise.all(workers), interrupted]).then(
    () => undefined,
    (error) => error,
  );
  progress.end();
  const results = selected.flatMap(({ name }) =>
    created.map(({ result }) => result).filter((result) => result.name === name),
  );
  await writeFile(join(out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  const report = [faults(results), table(results)].filter(Boolean).join('\n\n');
  await writeFile(join(out, 'results.md'), `${report}\n`);
  console.log(`\n${report}\n`);
  if (failure) throw failure;
  return passed(results);
}

async function main(resources: Resources): Promise<boolean> {
  const given = program.parse().opts<Options>();
  const options = { ...given, out: resolve(given.writePlans ?? given.out) };
  const selected = plans.filter(({ group, name }) => options.plans.includes(group) && options.variants.test(name));
  if (selected.length === 0) throw new OperationalError('no variant has a name that matches --variants');
  if (options.writePlans !== undefined) {
    await writeMaterials(options.out, selected, new URL(options.suite).origin, options.issuer);
    console.log(
      `${join(options.out, 'plans.json')} lists what was written; npm start -- --config serves its providers`,
    );
    return true;
  }
  if (options.processes > 1 && !options.database) {
    throw new OperationalError('--processes needs a database they share: --database postgres://...');
  }
  return run(await Suite.at(options.suite), selected, options, resources);
}

const resources = new Resources();
const code = await main(resources).then(
  (good) => (good ? 0 : 1),
  (error) => {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    console.error(error instanceof OperationalError || error instanceof ConfigError ? error.message : error);
    return 1;
  },
);
await resources.close();
// Modules that are still waited for would keep the process.
process.exit(code);
