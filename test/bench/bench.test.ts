import { expect } from 'chai';
import pg from 'pg';
import { Postgres } from '../support/postgres.ts';
import { Bench } from './bench.ts';
import { makeKey } from './client.ts';
import { type Figure, judged, reached, table } from './figure.ts';
import { plot } from './plot.ts';
import { postgresProcessorTime } from './processor_time.ts';
import { coreInMemory, ours } from './subjects.ts';
import { Wire } from './wire.ts';

describe('what measures', () => {
  let bench: Bench;
  before(async () => {
    bench = new Bench(await Postgres.start(), { seconds: 0.2, repetitions: 1 });
  });
  after(() => bench.close());

  it('counts round trips on the wire, whatever way they are sent', async () => {
    const wire = await Wire.open(bench.postgres.port);
    const client = new pg.Client(bench.postgres.url.replace(/:\d+\//, `:${wire.port}/`));
    await client.connect();
    const before = wire.roundTrips;
    await client.query('select 1; select 2');
    await client.query('select $1::int', [1]);
    await client.query({ name: 'kept', text: 'select $1::text', values: ['x'.repeat(100_000)] });
    await client.query({ name: 'kept', text: 'select $1::text', values: ['SSSQQQ'] });
    expect(wire.roundTrips - before).to.equal(4);
    await client.end();
    await wire.close();
  });

  it('sees the processor time of a Postgres connection, also when the connection has gone', async () => {
    const before = postgresProcessorTime(bench.postgres.pid);
    const client = new pg.Client(bench.postgres.url);
    await client.connect();
    await client.query('select count(*) from generate_series(1, 1000000)');
    const during = postgresProcessorTime(bench.postgres.pid);
    await client.end();
    expect(during - before).to.be.greaterThan(20);
    expect(postgresProcessorTime(bench.postgres.pid)).to.be.at.least(before + 20);
  });

  it('drives whole flows through the server, and pushes through the core', async () => {
    const server = await bench.start(ours);
    expect(await server.measure({ kind: 'flow', concurrency: 2, count: 6 })).to.include({ completed: 6 });
    expect(await server.measure({ kind: 'par', bytes: 256_000, concurrency: 2, count: 4 })).to.include({
      completed: 4,
    });
    const core = await bench.start(coreInMemory);
    const { completed, server: ms } = await core.measure({ kind: 'par', concurrency: 4 });
    expect(completed).to.be.greaterThan(4);
    expect(ms).to.be.greaterThan(0);
  });

  it('stops at the first answer that is not the one a client hopes for', async () => {
    const core = await bench.start(coreInMemory);
    Object.assign(bench, { key: makeKey() });
    const refused = await core.measure({ kind: 'par' }).catch((error: Error) => error);
    expect(refused).to.be.an('error').with.property('message').that.includes('push: status 401');
  });

  it('judges by the median of ratios between neighbours, and draws what it judges', () => {
    const figure: Figure = {
      name: 'pushes <a second>',
      unit: '/s',
      values: { ours: [90, 50, 99], core: [100, 100, 100] },
      of: 'ours',
      against: 'core',
      goal: { sense: '>=', limit: 0.9 },
    };
    expect(judged(figure)).to.deep.equal([0.9, 0.5, 0.99]);
    expect(reached(figure)).to.equal(true);
    expect(reached({ ...figure, goal: { sense: '>=', limit: 0.91 } })).to.equal(false);
    expect(table([figure])).to.match(/0\.900 x core .* 0\.500 to 0\.990 .* >= 0\.9 .* reached/);
    expect(plot([figure], 'a machine'))
      .to.include('pushes &#60;a second&#62;')
      .and.include('class="reached"');
  });
});
