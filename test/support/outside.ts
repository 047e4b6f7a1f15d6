import { once } from 'node:events';
import { createServer as createProxy, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';

import type { KeyPair } from '../../lib/server/tls.ts';
import { CertificateAuthority } from './certificates.ts';

/** The authority of servers outside; a process trusts it where `outbound.ca` names it. */
export const outsideAuthority = await CertificateAuthority.root('CN=Outside');

export const outsideCertificate: KeyPair = await outsideAuthority.issue({
  subject: 'CN=keys.example.com',
  san: [
    { type: 'dns', value: 'localhost' },
    { type: 'dns', value: 'keys.example.com' },
    { type: 'ip', value: '127.0.0.1' },
  ],
  usages: ['1.3.6.1.5.5.7.3.1'],
});

/** A TLS server of somebody else's on this machine, at 127.0.0.1. */
export async function outsideServer(answer: RequestListener) {
  const server = createServer(outsideCertificate, answer);
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    /** Connections until now: whoever is not to be reached is not even connected to. */
    connections: () => connections,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** An HTTP proxy that knows CONNECT: it opens a connection to whatever name it is asked for, at this machine. */
export async function connectProxy(judge: (request: IncomingMessage) => number = () => 200) {
  const asked: string[] = [];
  const proxy = createProxy((_request, response) => void response.writeHead(405).end());
  proxy.on('connect', (request, client) => {
    asked.push(`${request.url}`);
    const status = judge(request);
    if (status !== 200) return void client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const target = connect(Number(request.url?.split(':').at(-1)), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    address: `127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    /** Every place it was asked for. */
    asked,
    async close() {
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}
