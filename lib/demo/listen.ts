import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

import { OperationalError } from '../errors.ts';

/**
 * Listens on this machine alone.
 *
 * @param port 0 has the system choose one.
 * @param advice what to do where another process listens there.
 * @returns the port.
 * @throws {OperationalError} where nothing can listen there.
 */
export async function listenLocally(
  server: Server,
  { port, host = '127.0.0.1', advice }: { port: number; host?: string; advice: string },
): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'EADDRINUSE' ? `another process does, ${advice}` : error.message;
    throw new OperationalError(`cannot listen on ${host}:${port}: ${why}`, { cause: error });
  });
  return (server.address() as AddressInfo).port;
}
