import type { JsonWebKey } from 'node:crypto';
import { join } from 'node:path';
import type { Postgres } from '../support/postgres.ts';
import { Child } from './child.ts';
import { makeKey } from './client.ts';
import type { Target } from './connection.ts';
import type { Measured, Preparation } from './load.ts';
import { postgresProcessorTime, residentMemory } from './processor_time.ts';
import { startServers } from './servers.ts';
import type { Start, SubjectName } from './subjects.ts';

export interface Sample extends Measured {
  readonly rate: number;
  /** Milliseconds of processor time for each request that completed. */
  readonly server: number;
  readonly postgres: number;
  readonly load: number;
}

export interface Measure {
  readonly kind: Preparation['kind'];
  readonly bytes?: number;
  readonly concurrency?: number;
  readonly seconds?: number;
  readonly rate?: number;
  /** Instead of a time. */
  readonly count?: number;
}

/** The most that any server here has answered in a second, with room: what is signed for a run must outlast it. */
const FASTEST = { par: 8_000, flow: 700 };

/** One of the servers under test: one process, or several on one database. */
export class Subject {
  readonly #bench: Bench;
  readonly #name: SubjectName;
  readonly #servers: readonly Child[];
  readonly #targets: readonly Target[];

  constructor(bench: Bench, name: SubjectName, servers: readonly Child[], targets: readonly Target[]) {
    this.#bench = bench;
    this.#name = name;
    this.#servers = servers;
    this.#targets = targets;
  }

  async measure({
    kind,
    bytes,
    concurrency = 32,
    seconds = this.#bench.seconds,
    rate,
    count,
  }: Measure): Promise<Sample> {
    const { load, postgres, key, profile } = this.#bench;
    const prepared = count ?? Math.ceil(seconds * (rate ?? FASTEST[kind])) + concurrency;
    await load.call('prepare', {
      kind,
      targets: this.#targets,
      key,
      concurrency,
      count: prepared,
      bytes,
    } satisfies Preparation);
    const [server, database, client] = [await this.#used(), postgresProcessorTime(postgres.pid), await load.usage()];
    if (profile) await this.#first.call('profile');
    const measured = await load.call<Measured>('run', { seconds: count === undefined ? seconds : 3600, rate });
    if (profile)
      await this.#first.call('profile', join(profile, `${this.#name}, ${kind}.cpuprofile`.replaceAll(' ', '_')));
    return {
      ...measured,
      rate: measured.completed / measured.seconds,
      server: ((await this.#used()) - server) / measured.completed,
      postgres: (postgresProcessorTime(postgres.pid) - database) / measured.completed,
      load: ((await load.usage()) - client) / measured.completed,
    };
  }

  get residentMemory(): number {
    return this.#servers.reduce((sum, { process }) => sum + residentMemory(process.pid ?? 0), 0);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.kill()));
  }

  get #first(): Child {
    return this.#servers[0] as Child;
  }

  async #used(): Promise<number> {
    const used = await Promise.all(this.#servers.map((server) => server.usage()));
    return used.reduce((sum, ms) => sum + ms, 0);
  }
}

/** What every figure is measured with. */
export class Bench {
  readonly seconds: number;
  readonly repetitions: number;
  /** A folder for profiles; measuring so costs what it shows. */
  readonly profile: string | undefined;
  readonly key: JsonWebKey = makeKey();
  readonly load = new Child(new URL('load.ts', import.meta.url));
  readonly postgres: Postgres;
  readonly #tls: Start['tls'];
  readonly #running = new Set<Subject>();

  constructor(
    postgres: Postgres,
    options: { seconds: number; repetitions: number; profile?: string | undefined; tls?: Start['tls'] | undefined },
  ) {
    this.postgres = postgres;
    this.seconds = options.seconds;
    this.repetitions = options.repetitions;
    this.profile = options.profile;
    this.#tls = options.tls;
  }

  /** A database of its own for each subject, so that none pays for another's rows. */
  async database(port = this.postgres.port): Promise<string> {
    const url = new URL(await this.postgres.createDatabase());
    url.port = `${port}`;
    return url.href;
  }

  async start(subject: SubjectName, { processes = 1, database_url = '' } = {}) {
    const url = database_url || (await this.database());
    const start: Start = { subject, key: this.key, database_url: url, ...(this.#tls && { tls: this.#tls }) };
    const { servers, targets } = await startServers(processes, start);
    const started = new Subject(this, subject, servers, targets);
    this.#running.add(started);
    return started;
  }

  /** The subjects in turn, over and over, so that whatever else the machine does falls on all of them alike. */
  async interleaved<S extends SubjectName>(names: readonly S[], measure: Measure): Promise<Record<S, Sample[]>> {
    const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<S, Sample[]>;
    const subjects = new Map<S, Subject>();
    for (const name of names) {
      const subject = await this.start(name);
      subjects.set(name, subject);
      await subject.measure({ ...measure, seconds: Math.max(2, this.seconds / 2) });
    }
    for (let repetition = 0; repetition < this.repetitions; repetition++) {
      for (const [name, subject] of subjects) samples[name].push(await subject.measure(measure));
    }
    for (const subject of subjects.values()) await subject.stop();
    return samples;
  }

  async close(): Promise<void> {
    for (const subject of this.#running) await subject.stop();
    await this.load.kill();
    await this.postgres.remove();
  }
}
