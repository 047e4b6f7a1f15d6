import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface Listening {
  readonly port: number;
  /** Ends it with every connection it has. */
  close(): Promise<void>;
}

/** Has a server listen on this machine, on a free port unless told which. */
export async function listening(server: Server, port = 0, host = '127.0.0.1'): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Whatever ends or breaks one of two connections ends the other. */
export function tied(one: Socket, other: Socket): void {
  for (const [socket, partner] of [
    [one, other],
    [other, one],
  ] as const) {
    socket.on('error', () => partner.destroy()).on('close', () => partner.destroy());
  }
}

/** For a connection: what is done with each piece of what the client says, and of what the server answers. */
type Between = () => {
  asked?(chunk: Buffer): void;
  /** Passes it on, now or later. */
  answered?(chunk: Buffer, pass: (chunk: Buffer) => void): void;
};

/** Stands before a server of this machine. */
export function standBefore(port: number, between: Between): Promise<Listening> {
  const proxy = createServer({ noDelay: true }, (client) => {
    const server = connect({ port, host: '127.0.0.1', noDelay: true });
    const { asked, answered } = between();
    const pass = (chunk: Buffer) => void client.write(chunk);
    client.on('data', (chunk: Buffer) => {
      asked?.(chunk);
      server.write(chunk);
    });
    server.on('data', (chunk: Buffer) => (answered ? answered(chunk, pass) : pass(chunk)));
    tied(client, server);
  });
  return listening(proxy);
}
