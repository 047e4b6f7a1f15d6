/** A value as it travels: bytes, text, a whole number or nothing. */
export type Value = Buffer | string | number | null;

/** The part of pg's connection that a submittable works with. */
interface Wire {
  readonly stream: { write(bytes: Buffer): boolean };
  readonly parsedStatements: Record<string, string>;
  parse(statement: { name: string; text: string }): void;
}

const EXECUTE_AND_SYNC = Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0x53, 0, 0, 0, 4]);

const buffers = new WeakMap<Wire, Buffer>();

/**
 * The buffer of a connection, which its statements write into one after another: when it is asked for again, what was
 * in it has been answered.
 */
function bufferOf(wire: Wire, size: number): Buffer {
  const known = buffers.get(wire);
  if (known && known.length >= size) return known;
  const buffer = Buffer.allocUnsafeSlow(Math.max(16_384, 2 ** Math.ceil(Math.log2(size))));
  buffers.set(wire, buffer);
  return buffer;
}

/**
 * One statement on one of pg's connections, its answer as rows of text. pg's own queries write a message for each
 * step, map each value by its type and describe each answer; this one knows what it sends and what it gets, which
 * takes half the processor time. pg-cursor and pg-query-stream come in by the same door.
 * @see [PostgreSQL - Extended Query](https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY)
 */
export class Exchange {
  /** The name pg notes as prepared once Postgres has prepared it. Without a name, the statement is parsed each time. */
  readonly name: string;
  readonly text: string;
  readonly #values: readonly Value[];
  readonly #rows: (string | null)[][] = [];
  readonly #done: (error: Error | null, rows: (string | null)[][]) => void;

  constructor(
    name: string,
    text: string,
    values: readonly Value[],
    done: (error: Error | null, rows: (string | null)[][]) => void,
  ) {
    this.name = name;
    this.text = text;
    this.#values = values;
    this.#done = done;
  }

  submit(wire: Wire): void {
    if (!this.name || wire.parsedStatements[this.name] === undefined) wire.parse({ name: this.name, text: this.text });
    wire.stream.write(this.#message(wire));
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    this.#rows.push(fields);
  }

  handleReadyForQuery(): void {
    this.#done(null, this.#rows);
  }

  handleError(error: Error): void {
    this.#done(error, []);
  }

  handleCommandComplete(): void {}

  handleEmptyQuery(): void {}

  /** Writes the messages: bind to the unnamed portal, every value in binary and every answer as text; execute; sync. */
  #message(wire: Wire): Buffer {
    const buffer = bufferOf(wire, this.#size());
    buffer[0] = 0x42;
    buffer[5] = 0;
    let at = 6 + buffer.write(this.name, 6, 'latin1');
    buffer[at++] = 0;
    at = buffer.writeInt32BE(0x0001_0001, at);
    at = buffer.writeUInt16BE(this.#values.length, at);
    for (const value of this.#values) at = put(buffer, value, at);
    at = buffer.writeInt16BE(0, at);
    buffer.writeInt32BE(at - 1, 1);
    return buffer.subarray(0, at + EXECUTE_AND_SYNC.copy(buffer, at));
  }

  #size(): number {
    let size = 64 + this.name.length;
    for (const value of this.#values) size += 12 + (value === null || typeof value === 'number' ? 0 : value.length * 3);
    return size;
  }
}

function put(buffer: Buffer, value: Value, at: number): number {
  if (value === null) return buffer.writeInt32BE(-1, at);
  if (typeof value === 'number') return buffer.writeBigInt64BE(BigInt(value), buffer.writeInt32BE(8, at));
  const length = typeof value === 'string' ? buffer.write(value, at + 4) : value.copy(buffer, at + 4);
  return buffer.writeInt32BE(length, at) + length;
}
