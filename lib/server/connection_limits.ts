import type { Server } from 'node:http';
import type { Socket } from 'node:net';

import type { LimitSettings } from '../http/settings.ts';

/**
 * Closes connections that are silent or slow, and those beyond the limits.
 *
 * @param perAddress true where addresses are those of clients: behind a proxy all connections are the proxy's.
 */
export function limitConnections(server: Server, limits: LimitSettings, perAddress: boolean): void {
  server.maxConnections = limits.connections;
  server.headersTimeout = limits.headers_time * 1000;
  server.requestTimeout = limits.request_time * 1000;
  if (!perAddress) return;
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const { remoteAddress: address = '' } = socket;
    const before = open.get(address) ?? 0;
    if (before >= limits.connections_per_address) {
      socket.destroy();
      return;
    }
    open.set(address, before + 1);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}

/** The limits a server has to be made with. */
export const serverLimits = ({ handshake_time, headers }: LimitSettings) => ({
  handshakeTimeout: handshake_time * 1000,
  maxHeaderSize: headers,
  // Looked at as often, so that the times are kept to a second.
  connectionsCheckingInterval: 1000,
});
