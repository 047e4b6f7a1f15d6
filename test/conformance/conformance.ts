import { join } from 'node:path';

import { loadConfig } from '../../lib/config/load.ts';
import { ConfigError, OperationalError } from '../../lib/errors.ts';
import { Resources } from '../../lib/resources.ts';
import { clientPlans, runClients } from './client_plans.ts';
import { Evidence, earlier } from './evidence.ts';
import { readPlan, writeMaterials } from './materials.ts';
import { type Options, readOptions } from './options.ts';
import { clientGroup, expectedModules, type Plan, plans, shortName } from './plans.ts';
import { Progress } from './progress.ts';
import { startProvider } from './providers.ts';
import { faults, findings, type ModuleResult, type PlanResult, passed, table } from './results.ts';
import { type Module, Suite } from './suite.ts';

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

/** A plan without the modules that passed in an earlier run, whose results stand. */
function resumed(plan: Created, before: readonly PlanResult[]): Created {
  const passed = before
    .find(({ name }) => name === plan.result.name)
    ?.modules.filter(({ result, testModule }) => result === 'PASSED' && plan.known.includes(testModule));
  if (!passed?.length) return plan;
  const done = new Set(passed.map(({ testModule }) => testModule));
  const modules = plan.modules.filter(({ testModule }) => !done.has(testModule));
  return { ...plan, modules, result: { ...plan.result, modules: [...plan.result.modules, ...passed] } };
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
      `the suite does not reach ${discovery}: give the issuer a host name its machine knows, in config/conformance*.yaml, and listen.host 0.0.0.0`,
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
async function work(suite: Suite, queue: Created[], progress: Progress, evidence: Evidence): Promise<void> {
  for (let plan = queue.shift(); plan; plan = queue.shift()) {
    for (const module of plan.modules) {
      const ended = await runModule(suite, plan, module);
      plan.result.modules.push(ended);
      progress.finished(plan.result.name, ended);
      await evidence.save();
    }
    if (plan.modules.length > 0) await evidence.keep(plan.result.name, await suite.exportHtml(plan.id));
  }
}

const stopped = new Promise<never>((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => reject(new OperationalError(`stopped by ${signal}`)));
  }
});
stopped.catch(() => {});

/** The issuer that runs already, which has to be the one the plans' files name: the suite asks that one and no other. */
async function asWritten(issuer: string, selected: readonly Plan[], out: string): Promise<string> {
  for (const plan of selected) {
    const { server } = (await readPlan(out, plan)) as { server: { discoveryUrl: string } };
    const named = server.discoveryUrl.replace(/\/\.well-known\/.*$/, '');
    if (named === issuer) continue;
    throw new OperationalError(
      `${join(out, plan.name)}.json names ${named} and not ${issuer}: write it again, with --issuer ${issuer} --write-plans ${out}`,
    );
  }
  return issuer;
}

/** The provider of these plans: one that runs already, or ours, for as long as the run lasts. */
async function prepare(
  suite: Suite,
  selected: readonly Plan[],
  options: Options,
  resources: Resources,
): Promise<string> {
  const { out, processes, database, issuer, host } = options;
  const needed = [...new Set(selected.map(({ provider }) => provider))];
  if (issuer) {
    const [only, another] = needed;
    if (!another) return asWritten(issuer, selected, out);
    throw new OperationalError(`--issuer ${issuer} serves ${only} or ${another}: select with --plans and --variants`);
  }
  await writeMaterials(out, selected, suite.url, { host });
  for (const name of needed) {
    const { listen, mtls } = await loadConfig(join(out, `${name}.yaml`));
    console.log(`${name} listens on ${listen.host}, ports ${listen.port} and ${mtls?.port}`);
  }
  for (const name of needed) await startProvider(name, { directory: out, processes, database }, resources);
  return `${processes} provider process${processes > 1 ? 'es' : ''} on ${database ? 'Postgres' : 'PGlite'}`;
}

/** Runs these plans side by side. @returns true when everything PASSED that can */
async function run(suite: Suite, selected: readonly Plan[], options: Options, resources: Resources): Promise<boolean> {
  const { out, parallel, resume } = options;
  const version = await suite.version();
  const heading = `${new Date().toISOString().slice(0, 10)}, suite ${version}, ${await prepare(suite, selected, options, resources)}`;
  console.log(`${heading}, results in ${out}`);
  const before = resume ? await earlier(options) : [];
  const created = await Promise.all(selected.map(async (plan) => resumed(await create(suite, plan, options), before)));
  const results = created.map(({ result }) => result);
  const evidence = new Evidence(options, results);
  const progress = new Progress(
    new Map(created.map(({ result, modules }) => [result.name, modules.map(({ testModule }) => testModule)])),
    parallel,
  );
  // The longest first: none of them is left alone at the end.
  const queue = created.toSorted((one, other) => other.modules.length - one.modules.length);
  const workers = Array.from({ length: parallel }, () => work(suite, queue, progress, evidence));
  const failure = await Promise.race([Promise.all(workers), stopped]).then(
    () => undefined,
    (error) => error,
  );
  progress.end();
  const report = [faults(results, version), heading, table(results)].filter(Boolean).join('\n\n');
  await evidence.save(report);
  console.log(`\n${report}\n`);
  if (failure) throw failure;
  return passed(results, version);
}

async function main(options: Options, resources: Resources): Promise<boolean> {
  const { plans: chosen, variants } = options;
  const matching = (some: readonly { readonly name: string }[]) => some.some(({ name }) => variants.test(name));
  const providers = matching(plans.filter(({ group }) => chosen.includes(group)));
  const clients = chosen.includes(clientGroup) && matching(clientPlans);
  if (!providers && !clients) throw new OperationalError('no variant has a name that matches --variants');
  const served = !providers || (await runProviders(options, resources));
  const asked = !clients || (await runClients(await Suite.at(options.suite, options.patience), options));
  return served && asked;
}

async function runProviders(options: Options, resources: Resources): Promise<boolean> {
  const { suite, out, writePlans, issuer, host, aliasPrefix, modules, patience } = options;
  const selected = plans
    .filter(({ group, name }) => options.plans.includes(group) && options.variants.test(name))
    .map((plan) => ({ ...plan, name: aliasPrefix + plan.name }));
  if (!selected.some((plan) => expectedModules(plan).some((name) => modules.test(shortName(name))))) {
    throw new OperationalError('no module of these plans has a name that matches --modules');
  }
  if (writePlans === undefined) return run(await Suite.at(suite, patience), selected, options, resources);
  await writeMaterials(out, selected, suite, { issuer, host });
  const [{ provider }] = selected as [Plan];
  console.log(`${join(out, 'plans.json')} lists what was written; serve it by
  npm start -- --config ${join(out, provider)}.yaml`);
  return true;
}

/** Reads the command line of the process, runs what it asks for, and sets the exit code: 0 where everything PASSED. */
export async function runCommandLine(): Promise<void> {
  const options = readOptions();
  const resources = new Resources();
  process.exitCode = await main(options, resources).then(
    (good) => (good ? 0 : 1),
    (error) => {
      console.error(error instanceof OperationalError || error instanceof ConfigError ? error.message : error);
      return 1;
    },
  );
  await resources.close();
}
