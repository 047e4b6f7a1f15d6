import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';

import { ConfigError, type Problem } from '../errors.ts';
import { utf8 } from '../utf8.ts';
import type { KeyFault } from './explain.ts';
import { at, type Path, put } from './path.ts';
import { override, type Place, place, readSource, type Source, toPlain, writtenAt } from './source.ts';

/** Keys whose value may be the name of a file that holds it. */
export const references: readonly Path[] = [['clients'], ['keys', 'jwks']];

async function open(file: string, env: NodeJS.ProcessEnv): Promise<Source> {
  try {
    return readSource(file, utf8(await readFile(file)), env);
  } catch (error) {
    if (error instanceof TypeError) throw new ConfigError([{ file, line: 1, column: 1, key: '', text: error.message }]);
    const text = `cannot be read (${(error as NodeJS.ErrnoException).code ?? error}), write the name of a YAML file`;
    throw new ConfigError([{ file, line: 1, column: 1, key: '', text }]);
  }
}

/** A configuration file and the files it names, each grafted in where its name stood. */
export class Sources {
  readonly #held: (readonly [at: Path, source: Source])[];
  #readable: boolean;
  readonly data: Record<string, unknown>;

  private constructor(main: Source) {
    this.#held = [[[], main]];
    const plain = toPlain(main);
    const isMap = (plain ?? undefined) === undefined || (typeof plain === 'object' && !Array.isArray(plain));
    if (!isMap)
      main.problems.push({
        file: main.file,
        line: 1,
        column: 1,
        key: '',
        text: 'holds no keys, write for example issuer: https://...',
      });
    this.#readable = isMap && plain !== undefined;
    this.data = isMap ? { ...(plain as object | undefined) } : {};
  }

  /**
   * Reads a configuration file and the files it names.
   *
   * @throws {ConfigError} when there is no such file.
   */
  static async read(file: string, set: readonly string[], env: NodeJS.ProcessEnv): Promise<Sources> {
    const main = await open(file, env);
    for (const assignment of set) override(main, assignment);
    const sources = new Sources(main);
    for (const reference of references) await sources.#graft(main, reference, env);
    return sources;
  }

  async #graft(main: Source, reference: Path, env: NodeJS.ProcessEnv): Promise<void> {
    const name = at(this.data, reference);
    if (typeof name !== 'string') return;
    put(this.data, reference, undefined);
    try {
      const source = await open(isAbsolute(name) ? name : join(dirname(main.file), name), env);
      const plain = toPlain(source);
      if (plain === undefined) this.#readable = false;
      put(this.data, reference, plain);
      this.#held.push([reference, source]);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      main.problems.push(
        ...error.problems.map(({ file, text }) => this.problem({ path: reference, text: `${file} ${text}` })),
      );
    }
  }

  /** True when every file is YAML, so that it can be judged beyond that. */
  get readable(): boolean {
    return this.#readable;
  }

  /** Every file that was read. */
  get files(): string[] {
    return this.#held.map(([, { file }]) => file);
  }

  get problems(): Problem[] {
    return this.#held.flatMap(([, { problems }]) => problems);
  }

  #holding(path: Path): readonly [Path, Source] {
    const inside = ([start]: readonly [Path, Source]) =>
      path.length > start.length && start.every((step, index) => step === path[index]);
    return this.#held.findLast(inside) ?? (this.#held[0] as readonly [Path, Source]);
  }

  locate(path: Path): Place {
    const [start, source] = this.#holding(path);
    return place(source, path.slice(start.length));
  }

  /** The text at a path, before it was read as a number or a boolean. */
  textAt(path: Path): string | undefined {
    const [start, source] = this.#holding(path);
    return writtenAt(source, path.slice(start.length));
  }

  problem({ path, also, text, ...finding }: KeyFault): Problem {
    const { file, line } = this.locate(also ?? path);
    const client_id = path[0] === 'clients' ? at(this.data, [...path.slice(0, 2), 'client_id']) : undefined;
    return {
      ...this.locate(path),
      key: path.join('.'),
      ...(typeof client_id === 'string' && { client_id }),
      text: text.replace('{also}', `${file}:${line}`),
      ...finding,
    };
  }
}
