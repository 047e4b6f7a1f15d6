import type { Adapter, AdapterConstructor, AdapterFactory } from 'oidc-provider';

import type { Requirement, Subject } from './requirement.ts';
import { requirements as ofModels } from './requirements.ts';
import { uniqueness } from './unique.ts';

export type { ReplayAdapter } from '../fapi/replay.ts';
export type { Requirement, Subject } from './requirement.ts';

/** Everything that is asked of an adapter, for a runner of your own. */
export const requirements: readonly Requirement[] = [...ofModels, ...uniqueness];

/** An adapter as core takes it: a factory or a class. */
export type AnyAdapter = AdapterFactory | AdapterConstructor;

export interface Opened {
  readonly adapter: AnyAdapter;
  /** The adapter as another process on the same data has it. */
  readonly peer?: AnyAdapter | undefined;
  close?(): Promise<void> | void;
}

export interface Contract {
  readonly name: string;
  /** Called once; the store may hold what it likes, the suite only looks at what it put there. */
  open(): Promise<Opened> | Opened;
  /** Titles of requirements the adapter is known to fail: each has to fail, or the list is out of date. */
  readonly expected_failures?: readonly string[];
}

/** Makes an adapter for each model, as core does: a class is told from a function by its prototype. */
function instances(adapter: AnyAdapter): (model: string) => Adapter {
  const made = new Map<string, Adapter>();
  return (model) => {
    let instance = made.get(model);
    if (!instance) {
      instance = adapter.prototype ? new (adapter as AdapterConstructor)(model) : (adapter as AdapterFactory)(model);
      made.set(model, instance);
    }
    return instance;
  };
}

/**
 * The adapters that requirements are tried on: one, or one beside another process's.
 *
 * @param opened what `open()` of a contract answered.
 * @example
 * for (const requirement of requirements) await requirement.run(subjectOf({ adapter, peer }));
 */
export function subjectOf({ adapter, peer }: Opened): Subject {
  const own = instances(adapter);
  return { adapter: own, peer: peer ? instances(peer) : own, isShared: peer !== undefined };
}

/**
 * The title of a requirement, the model it concerns first.
 *
 * @param requirement one of `requirements`.
 * @example
 * for (const requirement of requirements) test(titleOf(requirement), () => requirement.run(subject));
 */
export const titleOf = ({ model, title }: Requirement): string => (model ? `${model}: ${title}` : title);

async function fails(requirement: Requirement, subject: Subject): Promise<void> {
  const failed = await requirement.run(subject).then(
    () => false,
    () => true,
  );
  if (!failed) throw new Error('holds now: take it off expected_failures');
}

/**
 * Everything core (`oidc-provider`) and FAPI 2.0 need of an adapter, as a mocha suite:
 * `adapterContract({ name: 'my adapter', open: async () => ({ adapter: MyAdapter }) })`. Only this function needs mocha.
 * @param contract the name of the suite, what opens an adapter, and titles that are expected to fail.
 * @example
 * adapterContract({ name: 'Redis', open: async () => ({ adapter: (model) => new RedisAdapter(model) }) });
 */
export function adapterContract({ name, open, expected_failures = [] }: Contract): void {
  describe(`${name} is an adapter that oidc-provider can rely on`, () => {
    let opened: Opened;
    let subject: Subject;
    before(async () => {
      opened = await open();
      subject = subjectOf(opened);
    });
    after(() => opened?.close?.());
    for (const requirement of requirements) {
      const title = titleOf(requirement);
      const expected = expected_failures.includes(title);
      it(expected ? `does not hold, as is known: ${title}` : title, () =>
        expected ? fails(requirement, subject) : requirement.run(subject),
      );
    }
  });
}
