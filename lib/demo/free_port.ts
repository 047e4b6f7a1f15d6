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
  return Promise.race([once(socket, 'listening').then(() => true), once(socket, 'error').then(() => false)]);
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
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const port = randomInt(lowest, highest);
    if ((await claimed(port)) && (await isFree(port))) return port;
  }
  throw new Error(`no port between ${lowest} and ${highest} is free`);
}
