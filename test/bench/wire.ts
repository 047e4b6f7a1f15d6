import { type Listening, standBefore } from '../support/listening.ts';

const QUERY = 0x51;
const SYNC = 0x53;

/**
 * Stands between a server and its Postgres and counts what the client must wait for: a simple query, or the Sync that
 * ends an extended one. Counted on the wire, because what counts its own statements cannot be trusted to see them all.
 */
export class Wire {
  roundTrips = 0;
  #proxy!: Listening;

  static async open(postgresPort: number): Promise<Wire> {
    const wire = new Wire();
    wire.#proxy = await standBefore(postgresPort, () => ({ asked: wire.#counter() }));
    return wire;
  }

  get port(): number {
    return this.#proxy.port;
  }

  close(): Promise<void> {
    return this.#proxy.close();
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
