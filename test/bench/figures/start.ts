import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../../lib/demo/free_port.ts';
import { until } from '../../support/until.ts';
import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { residentMemory } from '../processor_time.ts';

const ROOT = new URL('../../../', import.meta.url);

/** The first minute: from the word of the README to the first answer, on an embedded Postgres. */
export async function start(bench: Bench): Promise<Figure[]> {
  const fresh: Started[] = [];
  const crowded: Started[] = [];
  const again: Started[] = [];
  for (let repetition = 0; repetition < bench.repetitions; repetition++) {
    const folder = mkdtempSync(join(tmpdir(), 'pglite-'));
    const ports = { listen: await freePort(), mtls: await freePort() };
    fresh.push(await npmStart(folder, ports));
    again.push(await npmStart(folder, ports));
    const clients = join(folder, 'clients.json');
    writeFileSync(clients, JSON.stringify(manyClients(10_000)));
    crowded.push(await npmStart(folder, ports, [`clients=${clients}`]));
    rmSync(folder, { recursive: true });
  }
  const goal = { sense: '<=', limit: 2 } as const;
  const seconds = (all: Started[]) => ({ 'npm start': all.map((started) => started.seconds) });
  return [
    { name: 'start to first 200 on discovery, fresh PGlite', unit: 's', values: seconds(fresh), of: 'npm start', goal },
    {
      name: 'start to first 200 on discovery, existing data',
      unit: 's',
      values: seconds(again),
      of: 'npm start',
      goal,
    },
    {
      name: 'start to first 200 on discovery, 10,000 clients from a file',
      unit: 's',
      values: seconds(crowded),
      of: 'npm start',
      goal: { sense: '<=', limit: 3 },
    },
    {
      name: 'resident memory idle, PGlite in the same process',
      unit: 'MiB',
      values: { 'npm start': again.map(({ resident }) => resident) },
      of: 'npm start',
    },
  ];
}

function manyClients(count: number): object[] {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  return Array.from({ length: count }, (_, index) => ({
    client_id: `client-${index}`,
    redirect_uris: [`https://client-${index}.example.com/callback`],
    jwks: { keys: [{ ...key, kid: `${index}` }] },
    scope: 'openid',
  }));
}

interface Started {
  readonly seconds: number;
  readonly resident: number;
}

async function npmStart(
  folder: string,
  ports: { listen: number; mtls: number },
  more: readonly string[] = [],
): Promise<Started> {
  const set = [
    `issuer=https://localhost:${ports.listen}`,
    `listen.port=${ports.listen}`,
    `mtls.port=${ports.mtls}`,
    `database.url=pglite:${folder}/data`,
    ...more,
  ];
  const started = performance.now();
  const npm = spawn('npm', ['start', '--', ...set.flatMap((value) => ['--set', value])], {
    cwd: ROOT,
    stdio: 'ignore',
    detached: true,
  });
  const group = npm.pid as number;
  const exited = once(npm, 'exit');
  try {
    await until(async () => {
      if (npm.exitCode !== null) throw new Error(`npm start ended: ${npm.exitCode}`);
      return answers(ports.listen);
    }, 20);
    const seconds = (performance.now() - started) / 1000;
    await delay(3000);
    return { seconds, resident: Math.max(...members(group).map(residentMemory)) };
  } finally {
    if (npm.exitCode === null) process.kill(-group, 'SIGTERM');
    await exited;
    await until(() => members(group).length === 0, 50);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const path = '/.well-known/openid-configuration';
    request({ host: 'localhost', port, path, rejectUnauthorized: false, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on('error', () => resolve(false))
      .end();
  });
}

/** The processes of a group: npm, its shell, and what they run. */
function members(group: number): number[] {
  const groupOf = (pid: string) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
    } catch {
      return undefined;
    }
  };
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && groupOf(pid) === group)
    .map(Number);
}
