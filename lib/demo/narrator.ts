import type { ClauseId } from '../clause.ts';
import type { Profile } from '../profile.ts';
import type { Exchange, Recorder } from './recorder.ts';
import type { Screen } from './screen.ts';

/** One thing somebody does, and what it is for. */
export interface Step {
  readonly title: string;
  readonly why: string;
  /** The clauses the step serves; those the profile does not have are left out. */
  readonly clauses: readonly ClauseId[];
  /** Fields of the answer worth seeing; all when absent. */
  readonly only?: readonly string[];
}

/** Something did not go as it was told. */
export class UnexpectedError extends Error {
  override readonly name = 'UnexpectedError';
}

/** Tells what happens while it happens. */
export class Narrator {
  readonly screen: Screen;
  readonly #wires: readonly Recorder[];
  readonly #clauses: ReadonlyMap<string, string>;
  #steps = 0;
  #refusals = 0;
  #exchanges: Exchange[] = [];

  constructor(screen: Screen, wires: readonly Recorder[], { mechanisms }: Profile) {
    this.screen = screen;
    this.#wires = wires;
    this.#clauses = new Map(mechanisms.flatMap(({ clauses }) => clauses.map(({ id, text }) => [id, text])));
  }

  get told(): { steps: number; refusals: number } {
    return { steps: this.#steps, refusals: this.#refusals };
  }

  /** The last that went over the wire. */
  get last(): Exchange {
    const last = this.#exchanges.at(-1);
    if (!last) throw new UnexpectedError('expected a request to be sent');
    return last;
  }

  /** Something the server grants. */
  async step<T>(step: Step, act: () => Promise<T>): Promise<T> {
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

  /** Something the server has to refuse, with this error. */
  async refused(step: Step, error: string, act: () => Promise<unknown>): Promise<void> {
    this.#begin(step);
    this.#refusals += 1;
    // A client library throws when it is refused; what counts is what came over the wire.
    await act().catch(() => {});
    this.#show(step);
    const { status, received, body } = this.last;
    const said = `${received.get('www-authenticate')} ${body}`;
    this.expect(status >= 400 && said.includes(error), `the answer to be ${error}`);
    this.#serves(step);
  }

  /** @throws {UnexpectedError} unless what came back is what was told. */
  expect(holds: boolean, what: string): void {
    if (!holds) throw new UnexpectedError(`expected ${what}`);
  }

  #begin({ title, why }: Step): void {
    this.#steps += 1;
    this.#exchanges = [];
    this.screen.title(this.#steps, title, why);
  }

  #show({ only }: Step): void {
    this.#exchanges.push(...this.#wires.flatMap((wire) => wire.take()));
    for (const exchange of this.#exchanges) this.screen.exchange(exchange, only);
  }

  #serves({ clauses }: Step): void {
    this.screen.clauses(
      clauses.flatMap((id) => {
        const text = this.#clauses.get(id);
        return text === undefined ? [] : [[id, text] as const];
      }),
    );
  }
}
