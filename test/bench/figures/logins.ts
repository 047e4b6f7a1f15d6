import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openDatabase } from '../../../lib/database/database.ts';
import { migrate } from '../../../lib/database/schema.ts';
import { Browser } from '../../../lib/demo/browser.ts';
import { freePort } from '../../../lib/demo/free_port.ts';
import { development, Running } from '../../commands/cli.ts';
import { configured, trustingFetch } from '../../flows/server.ts';
import { RawClient } from '../../support/raw_client.ts';
import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';

const parallel = 60;
const pushes = 100;

/** Milliseconds a push takes, one after another, until told to stop. */
async function timed(client: RawClient, until: (taken: number) => boolean): Promise<number[]> {
  const times: number[] = [];
  while (!until(times.length)) {
    const started = performance.now();
    const { status } = await client.push();
    if (status !== 201) throw new Error(`a push was answered by ${status}`);
    times.push(performance.now() - started);
  }
  return times;
}

const p95 = (times: readonly number[]) => [...times].sort((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? 0;

/** A push while sixty wrong passwords are compared, for as many logins, by scrypt as it is configured. */
export async function logins(bench: Bench): Promise<Figure[]> {
  const database = await bench.database();
  const opened = await openDatabase({ url: database });
  await migrate(opened.knex);
  await opened.close();
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const port = await freePort();
  const client = await RawClient.create(`https://localhost:${port}`);
  const clients = [{ metadata: client.metadata }];
  // They come from one address, and others than a few of them would be refused at once.
  const limits = [`limits.passwords.in_progress=${parallel}`, 'limits.passwords.address.attempts=100000'];
  const set = await configured(folder, { database, port, clients, set: limits });
  const server = new Running(['serve', '--config', development, ...set.flatMap((one) => ['--set', one])]);
  try {
    await server.prints(/Stop with/);
    const values = { idle: [] as number[], busy: [] as number[] };
    await timed(client, (count) => count === pushes);
    for (let repetition = 0; repetition < bench.repetitions; repetition++) {
      values.idle.push(p95(await timed(client, (count) => count === pushes)));
      values.busy.push(p95(await underLogins(client, repetition)));
    }
    const name = `p95 of a push under ${parallel} wrong logins`;
    return [{ name, unit: 'ms', values, of: 'busy', against: 'idle', goal: { sense: '<=', limit: 5 } }];
  } finally {
    server.process.kill('SIGTERM');
    await server.ends();
    await rm(folder, { recursive: true });
  }
}

async function underLogins(client: RawClient, repetition: number): Promise<number[]> {
  const fetch = trustingFetch();
  const pages = await Promise.all(
    Array.from({ length: parallel }, async () => {
      const browser = new Browser(fetch);
      const { body } = await client.push();
      return { browser, page: await browser.open(client.authorizationUrl(body.request_uri)) };
    }),
  );
  let answered = false;
  const wrong = pages.map(({ browser, page }, index) =>
    browser.submit(page, { login: `${repetition}-${index}`, password: 'wrong', action: 'continue' }),
  );
  const all = Promise.all(wrong).finally(() => {
    answered = true;
  });
  const times = await timed(client, (count) => answered || count === 5000);
  await all;
  return times;
}
