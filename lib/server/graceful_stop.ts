import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';

/** Milliseconds after the stop in which bytes that were on their way still become a request. */
const settle = 250;
/** Milliseconds a request has to end in, longer than the database and other servers are waited for. */
const longest = 10_000;

/**
 * Waits for a turn of the event loop that takes less than a millisecond, at most a hundred turns. A connection that the
 * kernel has made and the process has not accepted is reset when a listener closes: after a short turn there is hardly
 * one.
 */
async function shortTurn(): Promise<void> {
  for (let turns = 0; turns < 100; turns += 1) {
    const started = performance.now();
    await turn();
    if (performance.now() - started < 1) return;
  }
}

/**
 * Follows a server's connections, and answers a function that stops it. Requests under way are answered, and nothing
 * else is waited for. Node's own `close()` waits for connections that are silent or stopped in the middle of a request,
 * and lets others send one request after the other meanwhile.
 */
export function gracefulStop(server: Server): () => Promise<void> {
  const connections = new Set<Socket>();
  let underWay = 0;
  let stopping = false;
  // Also of a listener for TLS this is the connection below, so that a handshake that never ends is known as well.
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  server.prependListener('request', (_req, res) => {
    underWay += 1;
    res.once('close', () => {
      underWay -= 1;
    });
    if (stopping) res.shouldKeepAlive = false;
  });
  return async function stop() {
    stopping = true;
    await shortTurn();
    const closed = new Promise((resolve) => server.close(resolve));
    const started = performance.now();
    const sweep = setInterval(() => {
      server.closeIdleConnections();
      const waited = performance.now() - started;
      if (waited < (underWay > 0 ? longest : settle)) return;
      for (const socket of connections) socket.destroy();
    }, 50);
    await closed;
    clearInterval(sweep);
  };
}
