import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give to connections. */
const [lowest, highest] = [20_000, 32_000];

/**
 * Binds the datagram port of that number as long as this process lives, so that whoever asks for a free port the same way
 * does not get it: a stream port that was found by binding and closing is anybody's until it is used.
 */
async function claimed(port: number): Promise<boolean> {
  const socket = createSocket('udp4').unref();
  socket.bind({ port, address: '127.0.0.1', exclusive: true });
  return once(socket, 'listening').then(
    () => true,
    () => false,
  );
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, 'localhost');
  const listens = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (!listens) return false;
  server.close();
  await once(server, 'close');
  return true;
}

/** A port nobody listens on, this process's from now on. The issuer has to be known before the server is, so it cannot choose one itself. */
export async function freePort(from = lowest, below = highest): Promise<number> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const port = randomInt(from, below);
    if ((await claimed(port)) && (await isFree(port))) return port;
  }
  throw new Error(`no port from ${from} to ${below - 1} is free`);
}
