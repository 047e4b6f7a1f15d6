import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** The range of ports to choose from, below those that systems give to connections. */
const [lowest, highest] = [20_000, 32_000];

/**
 * Claims a port by binding the datagram port of its number as long as this process lives: others that look for a free
 * port in the same way do not get it. A stream port that is bound and closed again could be taken by another process
 * before it is used.
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

/**
 * Finds a port nobody listens on and claims it for this process. The server cannot choose one by itself, since its
 * issuer has to be known before it starts.
 */
export async function freePort(from = lowest, below = highest): Promise<number> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const port = randomInt(from, below);
    if ((await claimed(port)) && (await isFree(port))) return port;
  }
  throw new Error(`no port from ${from} to ${below - 1} is free`);
}
