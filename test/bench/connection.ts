import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface Target {
  readonly port: number;
  /** The certificate to trust when the listener speaks TLS. */
  readonly ca?: string;
}

export interface Reply {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/**
 * One keep-alive HTTP/1.1 connection, one request at a time. A general client costs as much processor time as the
 * server under test, and on a small machine that is the server's time.
 */
export class Connection {
  readonly #socket: Socket;
  #received: Buffer = NOTHING;
  #waiting: { resolve(reply: Reply): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#data(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('connection closed')));
  }

  static async open({ port, ca }: Target): Promise<Connection> {
    const host = '127.0.0.1';
    const socket = ca ? connectTls({ host, port, ca, servername: 'localhost' }) : connectPlain({ host, port });
    await once(socket, ca ? 'secureConnect' : 'connect');
    return new Connection(socket);
  }

  get usable(): boolean {
    return this.#failure === undefined;
  }

  send(request: Buffer | string): Promise<Reply> {
    if (this.#failure) return Promise.reject(this.#failure);
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    this.#waiting = { resolve, reject };
    this.#socket.write(request);
    return promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  #data(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const head = this.#received.toString('latin1', 0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    const body =
      length === undefined
        ? chunked(this.#received, head, headEnd + 4)
        : plain(this.#received, headEnd + 4, Number(length));
    if (body === undefined) return;
    this.#received = NOTHING;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve({ status: Number(head.slice(9, 12)), head, body });
  }
}

function plain(received: Buffer, start: number, length: number): string | undefined {
  return received.length >= start + length ? received.toString('utf8', start, start + length) : undefined;
}

function chunked(received: Buffer, head: string, start: number): string | undefined {
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return '';
  let body = '';
  for (let at = start; ; ) {
    const lineEnd = received.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(received.toString('latin1', at, lineEnd), 16);
    if (received.length < lineEnd + 4 + size) return undefined;
    if (size === 0) return body;
    body += received.toString('utf8', lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 4 + size;
  }
}
