import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { freePort } from '../../lib/demo/free_port.ts';
import { Connection } from '../bench/connection.ts';
import { development, Running } from '../commands/cli.ts';
import { authority } from '../flows/clients.ts';
import { configured } from '../flows/server.ts';
import { migratedDatabase, type TestDatabase } from '../support/postgres.ts';
import { RawClient } from '../support/raw_client.ts';
import { assertionType } from '../support/wire_client.ts';

export interface Amounts {
  readonly connections: number;
  readonly clients: number;
  readonly headers: number;
}

/** One kind of flood: the server's memory in MB before and in its middle, and the honest requests beside it. */
export interface Row {
  readonly what: string;
  readonly sent: number;
  readonly before: number;
  readonly after: number;
  readonly honest: number;
  readonly served: number;
}

/** Megabytes of the server's heap. */
const heap = 400;

const megabyte = 1024 * 1024;
const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** Somebody whom nobody knows, with a signature of nobody's. */
function unknownPush(issuer: string): string {
  const sub = randomUUID();
  const claims = { iss: sub, sub, aud: issuer, jti: sub, exp: Math.floor(Date.now() / 1000) + 60 };
  const signature = Buffer.alloc(64, sub).toString('base64url');
  const client_assertion = `${encoded({ alg: 'ES256' })}.${encoded(claims)}.${signature}`;
  return `${new URLSearchParams({ client_id: sub, client_assertion, client_assertion_type: assertionType })}`;
}

/** A server in a process of its own, and everybody who wears it out. */
class Flood {
  readonly #server: Running;
  readonly #client: RawClient;
  readonly #port: number;
  readonly #folder: string;
  readonly #database: TestDatabase;
  readonly #sockets: TLSSocket[] = [];

  private constructor(
    server: Running,
    client: RawClient,
    at: { port: number; folder: string; database: TestDatabase },
  ) {
    this.#server = server;
    this.#client = client;
    this.#port = at.port;
    this.#folder = at.folder;
    this.#database = at.database;
  }

  /** One address stands for a thousand here, so that its own limits are out of the way. */
  static async open(amounts: Amounts): Promise<Flood> {
    const [folder, port, database] = [
      await mkdtemp(join(tmpdir(), 'flood-')),
      await freePort(),
      await migratedDatabase(),
    ];
    const client = await RawClient.create(`https://localhost:${port}`);
    const clients = [client.metadata, ...client.others].map((metadata) => ({ metadata }));
    const limits = {
      connections: amounts.connections + 100,
      connections_per_address: amounts.connections + 100,
      headers_time: 3600,
      request_time: 3600,
      failed_per_address: amounts.clients + 1000,
    };
    const set = Object.entries(limits).map(([name, value]) => `limits.${name}=${value}`);
    const values = await configured(folder, { database: database.url, port, clients, set });
    const server = new Running(['serve', '--config', development, ...values.flatMap((value) => ['--set', value])], {
      LOG_LEVEL: 'silent',
      // Without a limit Node lets garbage lie as long as there is memory; with one, whatever is kept for good ends the server.
      NODE_OPTIONS: `--max-old-space-size=${heap}`,
    });
    await server.prints(/Stop with/);
    return new Flood(server, client, { port, folder, database });
  }

  get #address() {
    return { port: this.#port, host: '127.0.0.1', servername: 'localhost', ca: authority.certificate };
  }

  /** Megabytes the server's process has in memory. */
  async memory(): Promise<number> {
    const [, kilobytes] =
      /VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${this.#server.process.pid}/status`, 'utf8')) ?? [];
    return Math.round(Number(kilobytes) / 1024);
  }

  /** An honest client's push; it counts how many are served. */
  async #honest(times: number): Promise<{ honest: number; served: number }> {
    let served = 0;
    for (let count = 0; count < times; count += 1) served += (await this.#client.push()).status === 201 ? 1 : 0;
    return { honest: times, served };
  }

  async #flood(what: string, sent: number, work: () => Promise<void>): Promise<Row> {
    await this.#honest(20);
    const before = await this.memory();
    await work();
    const after = await this.memory();
    return { what, sent, before, after, ...(await this.#honest(20)) };
  }

  /** Connections that have said hello and nothing since; they stay. */
  idle(connections: number): Promise<Row> {
    return this.#flood('idle connections', connections, async () => {
      for (let opened = 0; opened < connections; opened += 100) {
        const more = Array.from({ length: Math.min(100, connections - opened) }, async () => {
          const socket = connect(this.#address);
          this.#sockets.push(socket.on('error', () => {}));
          await once(socket, 'secureConnect');
        });
        await Promise.all(more);
      }
    });
  }

  /** Pushes of as many clients that there are not. */
  unknown(clients: number): Promise<Row> {
    return this.#flood('unknown client ids', clients, async () => {
      let left = clients;
      const lane = async () => {
        const connection = await Connection.open({ port: this.#port, ca: authority.certificate });
        while (left > 0) {
          left -= 1;
          const body = unknownPush(this.#client.issuer);
          const head = `POST /request HTTP/1.1\r\nhost: localhost:${this.#port}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n\r\n`;
          const { status } = await connection.send(head + body);
          if (status !== 401) throw new Error(`an unknown client got ${status}`);
        }
        connection.close();
      };
      await Promise.all(Array.from({ length: 16 }, lane));
    });
  }

  /** Requests whose headers are a megabyte. */
  headers(requests: number): Promise<Row> {
    return this.#flood('requests of 1 MB of headers', requests, async () => {
      for (let count = 0; count < requests; count += 1) {
        const socket = connect(this.#address);
        const closed = new Promise<void>((resolve) => socket.on('error', () => {}).once('close', () => resolve()));
        socket
          .resume()
          .write(`GET / HTTP/1.1\r\nhost: localhost:${this.#port}\r\nx-long: ${'x'.repeat(megabyte)}\r\n\r\n`);
        await closed;
      }
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.process.kill('SIGINT');
    await this.#server.ends();
    await this.#database.drop();
    await rm(this.#folder, { recursive: true });
  }
}

/** Megabytes that a flood may cost at most: idle connections cost what TLS keeps of each, and all else no more than the heap. */
export const bound = ({ what, sent }: Row): number => (what === 'idle connections' ? 150 + sent * 0.1 : heap);

/** All of it, one after the other; connections stay open beside what follows. */
export async function flood(amounts: Amounts): Promise<Row[]> {
  const flooded = await Flood.open(amounts);
  try {
    return [
      await flooded.idle(amounts.connections),
      await flooded.unknown(amounts.clients),
      await flooded.headers(amounts.headers),
    ];
  } finally {
    await flooded.close();
  }
}
