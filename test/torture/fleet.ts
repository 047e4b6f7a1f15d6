import { randomInt } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { freePort } from '../../lib/demo/free_port.ts';
import type { FleetNode } from '../../lib/management/nodes.ts';
import { issuer, makeKey, metadata } from '../bench/client.ts';
import { Connection } from '../bench/connection.ts';
import { discover, type Endpoints } from '../bench/endpoints.ts';
import { encryptionKey } from '../bench/subjects.ts';
import { Running, run } from '../commands/cli.ts';
import { Postgres, query } from '../support/postgres.ts';
import type { Ledger } from './ledger.ts';

const acts = ['restart of a node', 'kill -9 of a worker', 'reload', 'immediate stop of Postgres', 'purge'] as const;

/** Two nodes of two workers on one Postgres, with keys that rotate every two seconds; things happen to each of them. */
export class Fleet {
  readonly key = makeKey();
  readonly ledger: Ledger;
  readonly #folder: string;
  readonly #database: string;
  readonly #postgres: Postgres;
  readonly #ports: readonly number[];
  readonly #nodes: Running[] = [];
  #reloads = 0;

  private constructor(ledger: Ledger, folder: string, postgres: Postgres, database: string, ports: readonly number[]) {
    this.ledger = ledger;
    this.#folder = folder;
    this.#postgres = postgres;
    this.#database = database;
    this.#ports = ports;
  }

  static async open(ledger: Ledger): Promise<Fleet> {
    const [folder, postgres] = [await mkdtemp(join(tmpdir(), 'fleet-')), await Postgres.start()];
    const database = await postgres.createDatabase();
    const fleet = new Fleet(ledger, folder, postgres, database, [await freePort(), await freePort()]);
    const settings = {
      issuer,
      listen: { host: '127.0.0.1' },
      proxy: { trusted: ['127.0.0.1'] },
      database: { url: database, encryption_keys: [encryptionKey] },
      keys: { rotate_every: '2s', max_age: 1 },
      workers: 2,
      clients: 'clients.yaml',
      accounts: { module: join(import.meta.dirname, '../bench/accounts.ts') },
    };
    await fleet.#put('clients.yaml', fleet.#clients(1));
    await fleet.#put('as.yaml', settings);
    await fleet.#command('migrate', 'up');
    await Promise.all(fleet.#ports.map((_, index) => fleet.#start(index)));
    return fleet;
  }

  endpoints(): Promise<Endpoints> {
    return discover({ port: this.#ports[0] as number });
  }

  /** To either node, or to the other where that takes none, as a proxy would. */
  async connect(): Promise<Connection> {
    const first = randomInt(2);
    const [port, other] = [this.#ports[first] as number, this.#ports[1 - first] as number];
    return Connection.open({ port }).catch(() => Connection.open({ port: other }));
  }

  /** Does everything that may happen in a year, `rounds` times, in another order each. */
  async live(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      const order = [...acts].sort(() => randomInt(3) - 1);
      for (const act of order) {
        await delay(300 + randomInt(900));
        await this.#does(act);
        this.ledger.did(act);
      }
    }
    // So that what was promised last is asked for, too.
    await delay(2000);
  }

  async #does(act: (typeof acts)[number]): Promise<void> {
    if (act === 'restart of a node') {
      const index = randomInt(2);
      this.#nodes[index]?.process.kill('SIGTERM');
      await this.#ends(index);
      await this.#start(index);
    } else if (act === 'kill -9 of a worker') {
      const { stdout } = await this.#command('nodes', '--json');
      const serving = (JSON.parse(stdout).nodes as FleetNode[]).filter(({ state }) => state === 'serving');
      process.kill(Number(serving[randomInt(serving.length)]?.node.split('/')[1]), 'SIGKILL');
    } else if (act === 'reload') {
      this.#reloads += 1;
      await this.#put('clients.yaml', this.#clients(1 + this.#reloads));
      for (const node of this.#nodes) node.process.kill('SIGHUP');
    } else if (act === 'purge') {
      await this.#command('prune');
    } else {
      await this.#postgres.stop();
      await delay(randomInt(1000));
      await this.#postgres.start();
    }
  }

  /** Stops every node, and answers whether the trail verifies and how many records it has by event. */
  async close(): Promise<{
    readonly verified: string;
    /** Rotations that two processes have done. */
    readonly rotatedTwice: number;
    readonly records: Readonly<Record<string, number>>;
  }> {
    try {
      for (const node of this.#nodes) node.process.kill('SIGTERM');
      await Promise.all(this.#nodes.map((_, index) => this.#ends(index)));
      const { code, stdout, stderr } = await this.#command('audit', 'verify');
      const { rows } = await query(this.#database, 'select event, count(*)::int from oidc_audit group by event');
      const { rows: twice } = await query(
        this.#database,
        `select record from oidc_audit where event = 'keys.rotated' group by record having count(*) > 1`,
      );
      return {
        verified: code === 0 ? '' : `audit verify: ${stdout}${stderr}`,
        rotatedTwice: twice.length,
        records: Object.fromEntries(rows.map(({ event, count }) => [event, count])),
      };
    } finally {
      await this.#postgres.remove();
      await rm(this.#folder, { recursive: true });
    }
  }

  /** The client of the load, and others beside it. */
  #clients(count: number): object[] {
    const { authorization_details_types, ...client } = metadata(this.key);
    return Array.from({ length: count }, (_, index) => ({
      ...client,
      ...(index > 0 && { client_id: `other-${index}` }),
    }));
  }

  async #start(index: number): Promise<void> {
    const port = `listen.port=${this.#ports[index]}`;
    const node = new Running(['serve', '--config', join(this.#folder, 'as.yaml'), '--set', port]);
    this.#nodes[index] = node;
    await node.prints(/discovery/);
  }

  async #ends(index: number): Promise<void> {
    const { code, stderr } = (await this.#nodes[index]?.ends()) ?? {};
    if (code !== 0) this.ledger.fault(`a node ended with ${code}: ${stderr}`);
  }

  #command(...args: readonly string[]) {
    return run([...args, '--config', join(this.#folder, 'as.yaml')]);
  }

  /** Replaces a file as a whole. */
  async #put(name: string, value: unknown): Promise<void> {
    await writeFile(join(this.#folder, `.${name}`), JSON.stringify(value), { mode: 0o600 });
    await rename(join(this.#folder, `.${name}`), join(this.#folder, name));
  }
}
