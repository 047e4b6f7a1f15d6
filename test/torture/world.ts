import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { Child } from '../bench/child.ts';
import { makeKey } from '../bench/client.ts';
import { Connection, type Target } from '../bench/connection.ts';
import { discover, type Endpoints } from '../bench/endpoints.ts';
import type { Start, SubjectName } from '../bench/subjects.ts';
import { Postgres } from '../support/postgres.ts';
import type { Ledger } from './ledger.ts';

export const kills = { server: 'kill -9 of the server', postgres: 'immediate stop of Postgres' };

/** A server and its Postgres, either of which may be dead at any moment and is soon started again. */
export class World {
  readonly key = makeKey();
  readonly ledger: Ledger;
  readonly #postgres: Postgres;
  #start: Start;
  #server: Child;
  #ending = false;

  private constructor(ledger: Ledger, postgres: Postgres, start: Omit<Start, 'key'>) {
    this.ledger = ledger;
    this.#postgres = postgres;
    this.#start = { ...start, key: this.key };
    this.#server = this.#child();
  }

  static async create(subject: SubjectName, ledger: Ledger): Promise<World> {
    const postgres = await Postgres.start();
    const world = new World(ledger, postgres, { subject, database_url: await postgres.createDatabase() });
    const port = await world.#server.call<number>('start', world.#start);
    world.#start = { ...world.#start, port };
    return world;
  }

  get target(): Target {
    return { port: this.#start.port as number };
  }

  endpoints(): Promise<Endpoints> {
    return discover(this.target);
  }

  connect(): Promise<Connection> {
    return Connection.open(this.target);
  }

  async killServer(): Promise<void> {
    this.ledger.did(kills.server);
    const killed = this.#server;
    this.#server = this.#child();
    await killed.kill('SIGKILL');
    await this.#server.call('start', this.#start);
  }

  async killPostgres(): Promise<void> {
    this.ledger.did(kills.postgres);
    await this.#postgres.stop();
    await delay(randomInt(1500));
    await this.#postgres.start();
  }

  async end(): Promise<void> {
    this.#ending = true;
    await this.#server.kill();
    await this.#postgres.remove();
  }

  #child(): Child {
    const child = new Child(new URL('../bench/server.ts', import.meta.url));
    child.process.on('exit', (code, signal) => {
      if (child === this.#server && !this.#ending) this.ledger.fault(`the server ended by itself: ${signal ?? code}`);
    });
    return child;
  }
}
