import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect } from 'node:tls';

import { expect } from 'chai';

import { openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import { Rate } from '../../lib/http/rates.ts';
import { sharedLimiter } from '../../lib/interactions/shared_limiter.ts';
import { lineLimit } from '../../lib/server/line_limit.ts';
import { Flow } from '../flows/flow.ts';
import { type FlowServer, flowServer } from '../flows/server.ts';
import { testDatabase } from '../support/postgres.ts';
import { RawClient } from '../support/raw_client.ts';

const form = { 'content-type': 'application/x-www-form-urlencoded' };

describe('The bounds of a server', () => {
  let server: FlowServer;
  let client: RawClient;
  let port: number;

  before(async () => {
    port = await freePort();
    client = await RawClient.create(`https://localhost:${port}`);
    const set = {
      handshake_time: 1,
      headers_time: 1,
      request_time: 2,
      connections_per_address: 40,
      failed_per_address: 5,
      headers: 8192,
      url: 4096,
    };
    const clients = [client.metadata, ...client.others].map((metadata) => ({ metadata }));
    server = await flowServer({
      port,
      clients,
      set: Object.entries(set).map(([name, value]) => `limits.${name}=${value}`),
    });
  });
  after(() => server?.close());

  const secured = async (): Promise<Socket> => {
    const socket = connect({ port, host: 'localhost', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    return socket;
  };
  /** Ends when the server closes the connection; a test that waits for ever fails by its own limit. */
  const closed = (socket: Socket) =>
    new Promise<void>((resolve) =>
      socket
        .resume()
        .on('error', () => {})
        .once('close', () => resolve()),
    );

  it('a connection that never says hello is closed', async () => {
    const socket = connectTcp({ port, host: 'localhost' });
    await once(socket, 'connect');
    await closed(socket);
  });

  it('a connection that never asks is closed', async () => closed(await secured()));

  it('headers that never end are answered by 408 or closed', async () => {
    const socket = await secured();
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\nx-');
    await closed(socket);
  });

  it('a body that drips is not waited for', async () => {
    const socket = await secured();
    socket.write(
      `POST /request HTTP/1.1\r\nhost: localhost:${port}\r\ncontent-type: ${form['content-type']}\r\ncontent-length: 1000\r\n\r\n`,
    );
    const drip = setInterval(() => socket.write('x'), 100);
    await closed(socket);
    clearInterval(drip);
  });

  it('headers of 1 MB are refused, and the server goes on', async () => {
    const socket = await secured();
    socket.write(`GET / HTTP/1.1\r\nhost: localhost:${port}\r\nx-long: ${'x'.repeat(1024 * 1024)}\r\n\r\n`);
    await closed(socket);
    expect((await client.request('/jwks')).status).to.equal(200);
  });

  it('a URL that is too long is answered by 414', async () => {
    const answer = await client.request(`/jwks?x=${'x'.repeat(5000)}`);
    expect({ status: answer.status, error: answer.body.error }).to.deep.equal({
      status: 414,
      error: 'invalid_request',
    });
  });

  it('one address has so many connections at a time, and gets new ones when it closes them', async () => {
    const sockets = Array.from({ length: 60 }, () => connectTcp({ port, host: '127.0.0.1' }).on('error', () => {}));
    const closings = sockets.map(closed);
    await Promise.race(closings);
    for (const socket of sockets) socket.destroy();
    await Promise.all(closings);
    expect((await client.request('/jwks')).status).to.equal(200);
  });

  it('whoever fails to authenticate again and again waits; a client that has authenticated goes on', async () => {
    expect((await client.push()).status).to.equal(201);
    const unknown = (id: string) => client.post('/request', { ...client.params, client_id: id }, {}, id);
    for (let index = 0; index < 5; index += 1) expect((await unknown(`nobody-${index}`)).status).to.equal(401);
    const { status, headers, body } = await unknown('nobody');
    expect(status).to.equal(429);
    expect(Number(headers.get('retry-after'))).to.be.within(1, 60);
    expect(body.error_description).to.match(/Retry-After/);
    expect((await client.push()).status).to.equal(201);
  });
});

describe('Requests to a process that takes so many in a minute', () => {
  it('are counted whatever they are for: a login page, a resource, an endpoint; people are told by a page', async () => {
    const { client, server } = await Flow.start({ set: ['limits.requests=40'] });
    try {
      const browser = { headers: { accept: 'text/html' } };
      const statuses: number[] = [];
      while (statuses.length < 50 && !statuses.includes(429)) {
        statuses.push((await client.request('/interaction/nobody', browser)).status);
      }
      expect(statuses.at(-1), statuses.join()).to.equal(429);
      const page = await client.request('/interaction/nobody', browser);
      expect(page.body).to.contain('Asked too often');
      expect(Number(page.headers.get('retry-after'))).to.be.within(1, 60);
      for (const path of ['/resource', '/jwks', '/interaction/nobody']) {
        const { status, body } = await client.request(path, { headers: { accept: 'application/json' } });
        expect([path, status, body.error]).to.deep.equal([path, 429, 'invalid_request']);
      }
    } finally {
      await server.close();
    }
  });
});

describe('A rate', () => {
  let clock = 0;
  const now = () => clock;

  it('lets so many pass in a minute, and more in the next', () => {
    const rate = new Rate({ points: 2, now });
    expect([rate.take('a'), rate.take('a'), rate.take('b')]).to.deep.equal([undefined, undefined, undefined]);
    expect(rate.take('a')).to.equal(60);
    clock += 60_000;
    expect(rate.take('a')).to.equal(undefined);
  });

  it('remembers no more keys than it may', () => {
    const rate = new Rate({ points: 1, most: 100, now });
    for (let index = 0; index < 100_000; index += 1) rate.take(`unknown ${index}`);
    expect(rate.size).to.equal(100);
  });

  it('is shared: what others have counted counts, and a database that is away does not', async () => {
    const rate = new Rate({ points: 10, now });
    rate.take('a');
    const told: unknown[] = [];
    await rate.share({ consume: async (...counted) => void told.push(counted) });
    expect(told).to.deep.equal([['a', 1]]);
    rate.take('a');
    await rate.share({ consume: () => Promise.reject(new Error('away')) });
    expect(rate.take('a')).to.equal(undefined);
    await rate.share({ consume: () => Promise.reject(Object.assign(new Error('too many'), { msBeforeNext: 1 })) });
    expect(rate.take('a')).to.equal(60);
  });
});

describe('A rate on Postgres', () => {
  it('is that of all processes together, by clients and by addresses each', async () => {
    const test = await testDatabase();
    const processes = await Promise.all(
      [1, 2].map(async () => {
        const { knex, close } = await openDatabase({ url: test.url });
        await migrate(knex);
        const limiter = sharedLimiter(knex);
        const others = (keyPrefix: string) => limiter({ keyPrefix, points: 10, duration: 60 });
        return { rate: new Rate({ points: 10 }), others, close };
      }),
    );
    const [one, two] = processes as [(typeof processes)[0], (typeof processes)[0]];
    const asked = (node: typeof one, times: number) =>
      Array.from({ length: times }, () => node.rate.take('a')).filter((wait) => wait !== undefined).length;
    const share = (node: typeof one) => node.rate.share(node.others('client'));
    try {
      expect([asked(one, 6), asked(two, 6)]).to.deep.equal([0, 0]);
      // The tables say nothing yet of what the other one counted.
      await share(one);
      expect(asked(one, 1)).to.equal(0);
      await share(two);
      expect(asked(two, 1), 'twelve of both').to.equal(1);
      await share(one);
      expect(asked(one, 1), 'and the first one learns it').to.equal(1);
      const elsewhere = new Rate({ points: 10 });
      elsewhere.take('a');
      await elsewhere.share(two.others('ip'));
      expect(elsewhere.wait('a'), 'an address of the same name is another one').to.equal(undefined);
    } finally {
      for (const { close } of processes) await close();
      await test.drop();
    }
  });
});

describe('The lines of refusals', () => {
  it('are limited for strangers together and for each client, and come back with time', () => {
    let clock = 0;
    const { mayWrite } = lineLimit(undefined, () => clock);
    const written = (source: string) =>
      Array.from({ length: 1000 }, () => mayWrite(source, 'x')).filter(Boolean).length;
    expect(written('')).to.equal(100);
    expect(written('client')).to.equal(100);
    clock += 2000;
    expect(written('')).to.equal(20);
  });
});
