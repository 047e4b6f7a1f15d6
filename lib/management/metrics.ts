import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

import { type Bounded, bounded } from './labels.ts';

type Labels<L extends string> = Readonly<Record<L, string | number>>;

/** Counts by labels; values that a stranger could choose are bounded. */
class Count<L extends string> {
  readonly #counter: Counter<L>;
  readonly #bounded: Bounded;

  constructor(registry: Registry, name: string, help: string, labelNames: readonly L[]) {
    this.#counter = new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
    this.#bounded = bounded();
  }

  add(labels: Labels<L>, by = 1): void {
    this.#counter.inc(this.#bounded(labels), by);
  }
}

/** Seconds a request may take, as the histogram divides them. */
const durations = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Everything that is counted when it happens. Other figures are read when they are asked for (`figures.ts`). */
export class Metrics {
  readonly registry = new Registry();
  readonly requests: Count<'endpoint' | 'status'>;
  readonly durations: Histogram<'endpoint'>;
  readonly refusals: Count<'error' | 'clause'>;
  readonly pushes: Count<'result'>;
  readonly logins: Count<'result'>;
  readonly tokens: Count<'grant_type'>;
  readonly errors: Count<never>;
  readonly purged: Count<'model'>;

  constructor() {
    const { registry } = this;
    const count = <L extends string = never>(name: string, help: string, ...labels: L[]) =>
      new Count(registry, name, help, labels);
    this.requests = count('oidc_requests_total', 'Requests answered, by endpoint and status', 'endpoint', 'status');
    this.refusals = count('oidc_refusals_total', 'Requests refused, by error and clause', 'error', 'clause');
    this.pushes = count('oidc_pushes_total', 'Pushed authorization requests, accepted and refused', 'result');
    this.logins = count('oidc_logins_total', 'Logins: succeeded, refused, limited, locked', 'result');
    this.tokens = count('oidc_token_responses_total', 'Successful answers of the token endpoint', 'grant_type');
    this.errors = count('oidc_server_errors_total', 'Requests that ended in an error of the server');
    this.purged = count('oidc_purged_rows_total', 'Expired rows that this process deleted, by model', 'model');
    this.errors.add({}, 0);
    this.durations = new Histogram({
      name: 'oidc_request_duration_seconds',
      help: 'Time from the arrival of a request to the end of its answer',
      labelNames: ['endpoint'],
      buckets: durations,
      registers: [registry],
    });
  }

  /** Adds what Node tells of itself: memory, processor time, event loop lag. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  /**
   * Adds a figure that is read when the metrics are asked for.
   *
   * @param aggregator how those of several processes become one
   */
  gauge<L extends string = never>(
    name: string,
    help: string,
    read: (set: (value: number, labels?: Labels<L>) => void) => void | Promise<void>,
    { labels = [], aggregator = 'sum' }: { labels?: readonly L[]; aggregator?: 'sum' | 'min' | 'max' | 'first' } = {},
  ): void {
    new Gauge<L>({
      name,
      help,
      labelNames: [...labels],
      aggregator,
      registers: [this.registry],
      async collect() {
        this.reset();
        await read((value, of) => (of ? this.set(of, value) : this.set(value)));
      },
    });
  }

  /** Adds a number that only grows, and is counted elsewhere. */
  total(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
}
