import type { LogEntry } from './suite.ts';
import { isUnattainable } from './unattainable.ts';

/** One module's end. */
export interface ModuleResult {
  readonly testModule: string;
  /** As the suite says it, or `INTERRUPTED`, or ours: `UNKNOWN MODULE` and `MISSING MODULE`. */
  readonly result: string;
  readonly seconds: number;
  /** Where to read the log. */
  readonly log?: string;
  /** What the suite found, when it is not PASSED. */
  readonly findings: readonly Finding[];
}

/** A condition that did not hold. */
export interface Finding {
  readonly result: string;
  readonly condition: string;
  readonly clauses: readonly string[];
  readonly text: string;
}

/** One plan's end, or how far it came. */
export interface PlanResult {
  readonly name: string;
  readonly modules: ModuleResult[];
  /** How many were to be run. */
  readonly expected: number;
}

const noteworthy = ['FAILURE', 'WARNING', 'REVIEW', 'SKIPPED', 'INTERRUPTED'];

/** What a log says against a module, each condition once. */
export function findings(log: readonly LogEntry[]): Finding[] {
  const found = log
    .filter(({ result }) => result !== undefined && noteworthy.includes(result))
    .map(({ src, result = '', requirements = [], msg = '' }) => ({
      result,
      condition: src,
      // The suite writes some pairs of clauses as one.
      clauses: requirements.flatMap((requirement) => requirement.split(',')),
      text: msg,
    }));
  return found.filter((finding, index) => found.findIndex((other) => same(other, finding)) === index);
}

const same = (one: Finding, other: Finding): boolean =>
  one.condition === other.condition && one.text === other.text && one.result === other.result;

/**
 * FAILED, WARNING, SKIPPED, REVIEW, interrupted, unknown or not run at all: each is a fault of the run, but for modules that
 * cannot pass, which have to fail for the reason that is known.
 *
 * @param suite its version.
 */
export function passed(plans: readonly PlanResult[], suite: string): boolean {
  return plans.every(
    ({ name, modules, expected }) =>
      modules.length === expected &&
      modules.every((module) => module.result === 'PASSED' || isUnattainable(suite, name, module)),
  );
}

const columns = ['PASSED', 'FAILED', 'WARNING', 'SKIPPED', 'REVIEW', 'other'] as const;

function counts({ modules, expected }: PlanResult): number[] {
  const count = (column: string) => modules.filter(({ result }) => result === column).length;
  const named = columns.slice(0, -1).map(count);
  // What was not run is not passed: a run that was cut short must not look like a short run.
  return [expected, ...named, expected - named.reduce((sum, value) => sum + value, 0)];
}

/** The table by plan and variant, in Markdown. */
export function table(plans: readonly PlanResult[]): string {
  const rows = plans.map((plan) => [plan.name, ...counts(plan)] as const);
  const total = ['all', ...columns, 'modules'].map((_, index) =>
    index === 0 ? 'all' : rows.reduce((sum, row) => sum + Number(row[index]), 0),
  );
  const head = ['plan and variant', 'modules', ...columns.map((column) => column.toLowerCase())];
  const cells = [head, ...rows, total].map((row) => row.map(String));
  const widths = head.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, index) => (index === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  const [first = [], ...rest] = cells;
  return [line(first), rule, ...rest.map(line)].join('\n');
}

/** Everything that is not PASSED: the condition, the clause and where to read more. */
export function faults(plans: readonly PlanResult[], suite: string): string {
  return plans
    .flatMap(({ name, modules }) =>
      modules.filter(({ result }) => result !== 'PASSED').map((module) => faultOf(suite, name, module)),
    )
    .join('\n');
}

function faultOf(suite: string, plan: string, module: ModuleResult): string {
  const { testModule, result, log, findings } = module;
  const known = isUnattainable(suite, plan, module)
    ? ', which cannot pass with this suite: test/conformance/README.md says why'
    : '';
  return [
    `${result} ${plan} ${testModule}${known}`,
    ...findings.map(
      (finding) => `  ${finding.result} ${finding.condition} [${finding.clauses.join(' ')}] ${finding.text}`,
    ),
    ...(log ? [`  ${log}`] : []),
  ].join('\n');
}
