import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'chai';

import type { Difference, FleetNode } from '../../lib/management/nodes.ts';
import { run } from '../commands/cli.ts';
import { CertificateAuthority } from '../support/certificates.ts';
import { everyonePort, FrontDoor } from '../support/front_door.ts';
import { migratedDatabase, type TestDatabase } from '../support/postgres.ts';
import { RawClient } from '../support/raw_client.ts';

// Other addresses of 127.0.0.0/8 than those of the front doors.
const network = `127.${(process.pid % 200) + 20}.${Math.floor(process.pid / 200) % 250}`;
const door = `${network}.20`;
const addresses = [`${network}.21`, `${network}.22`, `${network}.23`] as const;
const issuer = `https://${door}:${everyonePort}`;

/** A machine, as far as its process can tell: own process numbers, own host name. */
const machine = ['unshare', '--pid', '--uts', '--fork', '--kill-child'];
const hasMachines = spawnSync('unshare', [...machine.slice(1), 'true']).status === 0;

type Machine = ChildProcessByStdio<null, Readable, null>;

describe('Three machines behind a proxy, one of them ten seconds ahead', () => {
  let folder: string;
  let database: TestDatabase;
  let proxy: FrontDoor;
  let client: RawClient;
  const machines: Machine[] = [];
  const file = (index: number) => join(folder, `node${index}.yaml`);

  const starts = async (index: number): Promise<void> => {
    const node = [
      '--disable-warning=ExperimentalWarning',
      '--import',
      join(import.meta.dirname, '../support/ahead.ts'),
    ];
    const serve = [
      process.execPath,
      ...node,
      join(import.meta.dirname, '../../lib/cli.ts'),
      'serve',
      '-c',
      file(index),
    ];
    const named = ['sh', '-c', 'hostname node 2>/dev/null; exec "$@"', 'sh', ...serve];
    const [program = '', ...args] = hasMachines ? [...machine, ...named] : serve;
    const env = { ...process.env, LOG_LEVEL: 'error', SECONDS_AHEAD: index === 2 ? '10' : '0' };
    const started = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    machines[index] = started;
    let said = '';
    for await (const text of started.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      said += text;
      if (said.includes('Stop with')) break;
    }
    started.stdout.resume();
    expect(said).to.contain('Stop with');
  };
  const kills = async (index: number): Promise<void> => {
    const exited = once(machines[index] as Machine, 'exit');
    machines[index]?.kill('SIGKILL');
    await exited;
  };
  const nodes = async () => {
    const { stdout, stderr } = await run(['nodes', '--json', '-c', file(0)]);
    expect(stderr).to.match(/^oidc-provider-fapi: the nodes differ: .*\bclock\b.*\n$/);
    return JSON.parse(stdout) as { nodes: FleetNode[]; differences: Difference[] };
  };
  const serving = async () => (await nodes()).nodes.filter(({ state }) => state === 'serving');

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'machines-'));
    database = await migratedDatabase();
    client = await RawClient.create(issuer);
    await writeFile(join(folder, 'clients.yaml'), JSON.stringify([client.metadata, ...client.others]));
    for (const [index, host] of addresses.entries()) {
      const settings = {
        issuer,
        development: true,
        listen: { host, port: 3000 },
        proxy: { trusted: ['127.0.0.1'], client_certificate: 'haproxy' },
        database: { url: database.url },
        accounts: [{ login: 'demo', password: 'demo' }],
        clients: 'clients.yaml',
      };
      await writeFile(file(index), JSON.stringify(settings));
    }
    await Promise.all(addresses.map((_, index) => starts(index)));
    const authority = await CertificateAuthority.root();
    const san = [{ type: 'ip' as const, value: door }];
    const { cert, key } = await authority.issue({ subject: 'CN=as', san, usages: null });
    const parts = { cert, key, authorities: authority.certificate, host: `${door}:${everyonePort}` };
    proxy = await FrontDoor.open('haproxy', { address: door, nodes: addresses, ...parts });
  });
  after(async () => {
    await proxy?.close();
    for (const [index, each] of machines.entries()) if (each.exitCode === null && !each.signalCode) await kills(index);
    await database?.drop();
    await rm(folder, { recursive: true });
  });

  it('finish flows that go from one to the other, let nothing be used twice at another, and know of each other', async () => {
    for (let flow = 0; flow < 4; flow += 1) {
      const code = await client.code();
      const { status, body } = await client.exchange(code);
      expect(status, JSON.stringify(body)).to.equal(200);
      expect((await client.exchange(code)).body.error).to.equal('invalid_grant');
      const client_assertion = await client.assertion();
      const pushes = await Promise.all(
        Array.from({ length: 6 }, () => client.push(client.params, { client_assertion })),
      );
      expect(pushes.filter((push) => push.status === 201)).to.have.length(1);
    }
    let { nodes: all, differences } = await nodes();
    // The next keys are made in these seconds, and taken by one after the other.
    for (let tries = 0; tries < 100 && differences.length > 1; tries += 1) {
      await delay(300);
      ({ nodes: all, differences } = await nodes());
    }
    expect(all.map(({ state }) => state)).to.deep.equal(['serving', 'serving', 'serving']);
    expect(new Set(all.map(({ node }) => node)).size, 'of one name and one process number').to.equal(3);
    expect(differences.map(({ part }) => part)).to.deep.equal(['clock']);
    const { stdout } = await run(['audit', 'list', '--event', 'nodes.differ', '-c', file(0)]);
    expect(stdout).to.match(/were found to differ: differences \["clock is not the same on every node/);
  }).timeout(60_000);

  it('lose no request when one dies, and take it back', async () => {
    const failed: string[] = [];
    let [sent, isOver] = [0, false];
    const customers = Array.from({ length: 2 }, async () => {
      for (; !isOver && sent < 100_000; sent += 1) {
        const { status, body } = await client.push();
        // The node that died may have done it before it could say so: what is sent again is then refused as used.
        if (status !== 201 && !/only be used once/.test(JSON.stringify(body)))
          failed.push(`${status} ${JSON.stringify(body)}`);
      }
    });
    await kills(0);
    await starts(0);
    for (let tries = 0; tries < 100 && (await serving()).length !== 3; tries += 1) await delay(300);
    isOver = true;
    await Promise.all(customers);
    expect(failed).to.deep.equal([]);
    expect(sent).to.be.greaterThan(10);
    expect((await nodes()).nodes.map(({ state }) => state).sort()).to.deep.equal([
      'lost',
      'serving',
      'serving',
      'serving',
    ]);
  }).timeout(60_000);
});
