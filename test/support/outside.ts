import { createServer as createProxy, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { connect, type Socket } from 'node:net';

import type { KeyPair } from '../../lib/server/tls.ts';
import { CertificateAuthority } from './certificates.ts';
import { listening, tied } from './listening.ts';

/** The authority of servers outside; a process trusts it where `outbound.ca` names it. */
export const outsideAuthority = await CertificateAuthority.root('CN=Outside');

const outsideCertificate: KeyPair = await outsideAuthority.issue({
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
  /** Connections until now: whoever is not to be reached is not even connected to. */
  return { ...(await listening(server)), connections: () => connections };
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
    tied(client as Socket, target);
  });
  const { port, close } = await listening(proxy);
  /** Every place it was asked for. */
  return { address: `127.0.0.1:${port}`, asked, close };
}
