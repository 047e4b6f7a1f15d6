import type { JsonWebKey } from 'node:crypto';
import { performance } from 'node:perf_hooks';

import { Browser } from './browser.ts';
import { answer } from './child.ts';
import { Client, issuer, request } from './client.ts';
import { Connection, type Target } from './connection.ts';
import { authorizationRequest, discover, type Endpoints } from './endpoints.ts';

export interface Preparation {
  readonly kind: 'par' | 'flow';
  readonly targets: readonly Target[];
  readonly key: JsonWebKey;
  readonly concurrency: number;
  /** How many requests, or flows, are signed before the clock starts. */
  readonly count: number;
  /** Of pushes: the size of their authorization_details. */
  readonly bytes?: number | undefined;
}

export interface Run {
  readonly seconds: number;
  /** Arrivals a second, however long answers take; without it each connection sends as soon as it was answered. */
  readonly rate?: number;
}

export interface Measured {
  readonly completed: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

type Step = (connection: Connection) => Promise<void>;

let connections: Connection[] = [];
let steps: Step[] = [];

answer({
  async prepare({ kind, targets, key, concurrency, count, bytes }: Preparation) {
    for (const connection of connections) connection.close();
    const endpoints = await discover(targets[0] as Target);
    const client = new Client(key);
    const make = kind === 'par' ? push : flow;
    steps = Array.from({ length: count }, () => make(client, endpoints, bytes));
    // Last, because a server hangs up on a connection that was idle for some seconds.
    connections = await Promise.all(
      Array.from({ length: concurrency }, (_, index) => Connection.open(targets[index % targets.length] as Target)),
    );
  },
  run({ seconds, rate }: Run): Promise<Measured> {
    return rate === undefined ? closedLoop(seconds) : openLoop(seconds, rate);
  },
});

function push(client: Client, endpoints: Endpoints, large?: number): Step {
  const bytes = Buffer.from(request('POST', endpoints.push, {}, client.pushBody('openid', large)));
  return async (connection) => {
    const { status, body } = await connection.send(bytes);
    if (status !== 201 || !body.includes('request_uri')) throw new Error(`push: status ${status}: ${body}`);
  };
}

function flow(client: Client, endpoints: Endpoints): Step {
  const pushed = request('POST', endpoints.push, {}, client.pushBody());
  const token = client.tokenBody();
  const dpop = client.proof(issuer + endpoints.token);
  return async (connection) => {
    const { status, body } = await connection.send(pushed);
    if (status !== 201) throw new Error(`push: status ${status}: ${body}`);
    const back = await new Browser((sent) => connection.send(sent)).authorize(
      authorizationRequest(endpoints, JSON.parse(body).request_uri),
    );
    const code = back.searchParams.get('code');
    if (!code) throw new Error(`authorize: ${back.search}`);
    const issued = await connection.send(request('POST', endpoints.token, { dpop }, `${token}&code=${code}`));
    if (issued.status !== 200 || !issued.body.includes('access_token')) {
      throw new Error(`token: status ${issued.status}: ${issued.body}`);
    }
  };
}

async function closedLoop(seconds: number): Promise<Measured> {
  const latencies: number[] = [];
  const started = performance.now();
  const until = started + seconds * 1000;
  await Promise.all(
    connections.map(async (connection) => {
      for (let sent = performance.now(); sent < until; ) {
        const step = steps.pop();
        if (!step) return;
        await step(connection);
        const received = performance.now();
        latencies.push(received - sent);
        sent = received;
      }
    }),
  );
  return measured(latencies, performance.now() - started);
}

/** Latency counts from the arrival, not from when a connection was free: waiting is what an overloaded server causes. */
async function openLoop(seconds: number, rate: number): Promise<Measured> {
  const latencies: number[] = [];
  const arrivals: number[] = [];
  const idle = [...connections];
  const { promise: failed, reject } = Promise.withResolvers<never>();
  const pull = () => {
    while (arrivals.length > 0 && idle.length > 0) {
      const arrived = arrivals.shift() as number;
      const connection = idle.pop() as Connection;
      const step = steps.pop();
      if (!step) return reject(new Error('more arrivals than were prepared'));
      step(connection).then(() => {
        latencies.push(performance.now() - arrived);
        idle.push(connection);
        pull();
      }, reject);
    }
  };
  const started = performance.now();
  let due = 0;
  const clock = setInterval(() => {
    const now = performance.now();
    for (; due < Math.min(seconds, (now - started) / 1000) * rate; due++) arrivals.push(now);
    pull();
  }, 1);
  const done = (async () => {
    while (performance.now() - started < seconds * 1000 || arrivals.length > 0 || idle.length < connections.length) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  await Promise.race([done, failed]).finally(() => clearInterval(clock));
  return measured(latencies, performance.now() - started);
}

function measured(latencies: number[], milliseconds: number): Measured {
  const sorted = Float64Array.from(latencies).sort();
  const at = (quantile: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? Number.NaN;
  return { completed: sorted.length, seconds: milliseconds / 1000, p50: at(0.5), p99: at(0.99) };
}
