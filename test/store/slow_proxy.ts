import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Stands before a server and holds back what it answers, for as long as it is told. */
export async function slowProxy(port: number) {
  const sockets = new Set<Socket>();
  const proxy = {
    delay: 0,
    port: 0,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  const server = createServer((client) => {
    const behind = connect(port, '127.0.0.1');
    for (const socket of [client, behind]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        behind.destroy();
      });
    }
    client.pipe(behind);
    let last = Promise.resolve();
    behind.on('data', (chunk) => {
      last = last.then(() => (proxy.delay ? sleep(proxy.delay) : undefined)).then(() => void client.write(chunk));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy.port = (server.address() as AddressInfo).port;
  return proxy;
}
