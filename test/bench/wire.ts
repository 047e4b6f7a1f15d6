import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const QUERY = 0x51;
const SYNC = 0x53;

/**
 * Stands between a server and its Postgres and counts what the client must wait for: a simple query, or the Sync that
 * ends an extended one. Counted on the wire, because what counts its own statements cannot be trusted to see them all.
 */
export class Wire {
  roundTrips = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(postgresPort: number) {
    this.#server = createServer((client) => {
      const postgres = connect({ host: '127.0.0.1', port: postgresPort, noDelay: true });
      const count = this.#counter();
      client.setNoDelay(true);
      client.on('data', (chunk) => {
        count(chunk);
        postgres.write(chunk);
      });
      postgres.on('data', (chunk) => client.write(chunk));
      for (const [socket, other] of [
        [client, postgres],
        [postgres, client],
      ] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
      }
    });
  }

  static async open(postgresPort: number): Promise<Wire> {
    const wire = new Wire(postgresPort);
    wire.#server.listen(0, '127.0.0.1');
    await once(wire.#server, 'listening');
    return wire;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  /** Messages are a type and a length that counts itself; only the first of a connection has no type. */
  #counter(): (chunk: Buffer) => void {
    let kept: Buffer = Buffer.alloc(0);
    let typeBytes = 0;
    return (chunk) => {
      kept = Buffer.concat([kept, chunk]);
      while (kept.length >= typeBytes + 4) {
        const size = typeBytes + kept.readInt32BE(typeBytes);
        if (kept.length < size) return;
        if (typeBytes === 1 && (kept[0] === QUERY || kept[0] === SYNC)) this.roundTrips++;
        kept = kept.subarray(size);
        typeBytes = 1;
      }
    };
  }
}
