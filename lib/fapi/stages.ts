import type { Middleware } from 'koa';
import type { Provider } from 'oidc-provider';

/**
 * The order in which a request passes everything in front of core. A mechanism, the server and a team name the stage
 * their middleware belongs to; none of them chooses its place by the time at which it is registered.
 *
 * The order that matters: `forwarded` comes before everything that reads an address, a protocol or a host, and `answer`
 * before everything that may refuse. What is in `read` and `protocol` comes last, so that it sees the request as core will
 * see it, whatever a middleware in `team` made of its path, its headers or its query.
 */
export const stages = [
  'forwarded', // headers that speak for the client: kept of a trusted proxy, removed of anybody else
  'answer', // what every answer carries, and the shape of an error; a refusal below becomes an answer here
  'host', // refuses what is for another host, or came without TLS
  'cors', // takes away what a middleware below, or core, lets other origins read
  'metadata', // the addresses in the metadata document
  'unit', // the unit of work: what is written leaves together, and the response after it
  'pages', // login, consent, abort
  'resource', // the sample resource
  'team', // what is registered with provider.use() afterwards
  'read', // the body is read, within its limits
  'protocol', // what has to be true of a request when core reads it
] as const;

/** The name of a stage. */
export type Stage = (typeof stages)[number];

/** Middleware by stage; within a stage it runs in the order of the list. */
export type Staged = Readonly<Partial<Record<Stage, readonly Middleware[]>>>;

/**
 * Registers middleware in the order of the stages. Afterwards `provider.use()` registers in the stage `team`, that is
 * before the stage `read`.
 *
 * @param staged by whom it was given, in the order in which a stage runs them.
 */
export function useInOrder(provider: Provider, staged: readonly Staged[]): void {
  const of = (stage: Stage) => staged.flatMap((given) => given[stage] ?? []);
  const inner = [...of('read'), ...of('protocol')];
  for (const stage of stages) for (const middleware of of(stage)) provider.use(middleware);
  const use = provider.use;
  provider.use = function useBeforeRead(this: Provider, ...args: Parameters<typeof use>) {
    use.apply(this, args);
    const [first] = inner;
    if (!first) return this;
    // Core puts it last, right before itself.
    const added = this.middleware.splice(this.middleware.lastIndexOf(args[0]), 1);
    this.middleware.splice(this.middleware.indexOf(first), 0, ...added);
    return this;
  } as typeof use;
}
