import type { ClauseId } from '../clause.ts';
import type { Profile } from '../profile.ts';
import type { RecordedExchange, Recorder } from './recorder.ts';
import type { Screen } from './screen.ts';

/** One thing somebody does, and what it is for. */
export interface ToldStep {
  readonly title: string;
  readonly why: string;
  /** The clauses the step serves; those the profile does not have are left out. */
  readonly clauses: readonly ClauseId[];
  /** Fields of the answer worth seeing; all when absent. */
  readonly only?: readonly string[];
  /** True of a refusal that the clause recommends and does not demand: a provider that is not ours may go on. */
  readonly recommended?: boolean;
}

/** Thrown when something did not go as it was told. */
export class UnexpectedError extends Error {
  override readonly name = 'UnexpectedError';
}

/** True of an answer that grants nothing, in whatever words: those of a provider that is not ours are its own. */
function refuses({ status, received }: RecordedExchange): boolean {
  const location = received.get('location') ?? '';
  return status >= 400 || /[?&#]error=/.test(location);
}

/** True where the other side ended the connection, a TLS handshake for example, and answered nothing. */
function isCutOff(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return /^(ERR_SSL_|ECONNRESET|EPIPE)/.test(`${code}`) || isCutOff(error.cause);
}

/** Tells what happens while it happens. */
export class Narrator {
  readonly screen: Screen;
  /**
   * True at a provider that is not ours: the demo goes on after something that should have been refused, and lists it
   * at the end.
   */
  readonly foreign: boolean;
  readonly #wires: readonly Recorder[];
  readonly #clauses: ReadonlyMap<string, string>;
  #steps = 0;
  #refusals = 0;
  readonly #unrefused: string[] = [];
  #exchanges: RecordedExchange[] = [];

  constructor(screen: Screen, wires: readonly Recorder[], { mechanisms }: Profile, foreign = false) {
    this.screen = screen;
    this.foreign = foreign;
    this.#wires = wires;
    this.#clauses = new Map(mechanisms.flatMap(({ clauses }) => clauses.map(({ id, text }) => [id, text])));
  }

  get told(): { steps: number; refusals: number; unrefused: readonly string[] } {
    return { steps: this.#steps, refusals: this.#refusals, unrefused: this.#unrefused };
  }

  /** The last that went over the wire. */
  get last(): RecordedExchange {
    const last = this.#exchanges.at(-1);
    if (!last) throw new UnexpectedError('expected a request to be sent');
    return last;
  }

  /** Tells a step, does it, and expects that the server grants it. */
  async step<T>(step: ToldStep, act: () => Promise<T>): Promise<T> {
    this.#begin(step);
    try {
      const result = await act();
      this.#show(step);
      this.#serves(step);
      return result;
    } catch (error) {
      // What came back says more than the error.
      this.#show(step);
      throw error;
    }
  }

  /** Tells a step, does it, and expects that the server refuses it with this error. */
  async refused(step: ToldStep, error: string, act: () => Promise<unknown>): Promise<void> {
    this.#begin(step);
    // A client library throws when it is refused; what counts is what came over the wire.
    const thrown = await act().catch((failure: unknown) => failure);
    this.#show(step);
    const cutOff = this.#exchanges.length === 0 && isCutOff(thrown);
    if (cutOff) this.screen.line('    ← the connection is refused');
    if (cutOff || this.#isRefusal(this.last, error)) {
      this.#refusals += 1;
      return this.#serves(step);
    }
    this.expect(this.foreign, `the answer to be ${error}`);
    this.screen.line(`    ✘ not refused${step.recommended ? ', which its clauses recommend only' : ''}`);
    if (!step.recommended) this.#unrefused.push(step.title);
  }

  #isRefusal(exchange: RecordedExchange, error: string): boolean {
    const { status, received, body } = exchange;
    if (this.foreign) return refuses(exchange);
    return status >= 400 && `${received.get('www-authenticate')} ${body}`.includes(error);
  }

  /**
   * Compares what came back with what was told.
   *
   * @throws {UnexpectedError} when they differ.
   */
  expect(holds: boolean, what: string): void {
    if (!holds) throw new UnexpectedError(`expected ${what}`);
  }

  #begin({ title, why }: ToldStep): void {
    this.#steps += 1;
    this.#exchanges = [];
    this.screen.title(this.#steps, title, why);
  }

  #show({ only }: ToldStep): void {
    this.#exchanges.push(...this.#wires.flatMap((wire) => wire.take()));
    for (const exchange of this.#exchanges) this.screen.exchange(exchange, only);
  }

  #serves({ clauses }: ToldStep): void {
    this.screen.clauses(
      clauses.flatMap((id) => {
        const text = this.#clauses.get(id);
        return text === undefined ? [] : [[id, text] as const];
      }),
    );
  }
}
