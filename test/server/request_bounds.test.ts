import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect } from 'chai';

import { RequestBounds } from '../../lib/server/request_bounds.ts';

describe('The bounds of requests', () => {
  const bounds = new RequestBounds();
  const limits = { url: 2048, requests_under_way: 3 };
  const waiting: ServerResponse[] = [];
  let server: Server;
  let origin: string;
  before(async () => {
    server = createServer((request, response) => {
      if (bounds.refuse(request, response, limits)) return;
      if (request.url === '/waits') waiting.push(response);
      else response.end('answered');
      server.emit('taken');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  it('let so many be under way, answer one more by 503, and take others as soon as one has ended', async () => {
    const held: Promise<Response>[] = [];
    for (let count = 0; count < 3; count += 1) {
      const taken = once(server, 'taken');
      held.push(fetch(`${origin}/waits`));
      await taken;
    }
    const refused = await fetch(origin);
    expect({ status: refused.status, wait: refused.headers.get('retry-after') }).to.deep.equal({
      status: 503,
      wait: '1',
    });
    expect(await refused.json()).to.have.property('error', 'temporarily_unavailable');

    const [first] = waiting;
    const ended = once(first as ServerResponse, 'close');
    first?.end();
    await Promise.all([held[0], ended]);
    expect((await fetch(origin)).status).to.equal(200);

    // Whoever goes away before the answer is no longer under way either.
    const [, second] = waiting;
    const gone = once(second as ServerResponse, 'close');
    second?.destroy();
    await Promise.all([gone, held[1]?.catch(() => {})]);
    for (let count = 0; count < 5; count += 1) expect((await fetch(origin)).status).to.equal(200);
    waiting[2]?.end();
    await held[2];
  });

  it('take a URL up to its length', async () => {
    const ask = async (bytes: number) => {
      const path = `/${'x'.repeat(bytes - 1)}`;
      const { status } = await fetch(origin + path);
      return status;
    };
    expect(await ask(2048)).to.equal(200);
    expect(await ask(2049)).to.equal(414);
  });
});
