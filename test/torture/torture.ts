import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { Browser } from '../bench/browser.ts';
import type { SubjectName } from '../bench/subjects.ts';
import { Customer } from './customer.ts';
import { Fleet } from './fleet.ts';
import { Ledger } from './ledger.ts';
import { Patient } from './patient.ts';
import { Pusher } from './pusher.ts';
import { World } from './world.ts';

interface Torture {
  readonly subject: SubjectName;
  /** Of the server, and as many of Postgres. */
  readonly kills: number;
  readonly customers: number;
  readonly pushers: number;
}

/** Everything that happens to a fleet in a year, under load; its trail has to verify in the end. */
export async function year({ rounds, customers }: { readonly rounds: number; readonly customers: number }) {
  const ledger = new Ledger();
  const fleet = await Fleet.open(ledger);
  let open = true;
  const endpoints = await fleet.endpoints();
  const load = Promise.all(Array.from({ length: customers }, () => new Customer(fleet, endpoints).shop(() => open)));
  try {
    await Promise.race([load, fleet.live(rounds)]).finally(() => {
      open = false;
    });
    await load;
  } catch (error) {
    ledger.fault(`${error}`);
  }
  const { verified, rotatedTwice, records } = await fleet.close();
  if (verified) ledger.fault(verified);
  if (rotatedTwice > 0) ledger.fault(`${rotatedTwice} rotations of keys were done by two processes`);
  return { ledger, records };
}

/** Kills, under load, in random order at random moments; afterwards everybody says what they were promised and got. */
export async function torture({ subject, kills, customers, pushers }: Torture): Promise<Ledger> {
  const ledger = new Ledger();
  const world = await World.create(subject, ledger);
  try {
    const endpoints = await world.endpoints();
    let open = true;
    const clients = [
      ...Array.from({ length: customers }, () => new Customer(world, endpoints).shop(() => open)),
      ...Array.from({ length: pushers }, () => new Pusher(world, endpoints).push(() => open)),
    ];
    const load = Promise.all(clients);
    await Promise.race([load, killAll(world, kills)]).finally(() => {
      open = false;
    });
    await load;
    return ledger;
  } finally {
    await world.end();
  }
}

async function killAll(world: World, kills: number): Promise<void> {
  const probe = new Patient(world);
  const left = { server: kills, postgres: kills };
  while (left.server + left.postgres > 0) {
    await delay(300 + randomInt(1200));
    if (randomInt(left.server + left.postgres) < left.server) {
      left.server -= 1;
      await world.killServer();
    } else {
      left.postgres -= 1;
      await world.killPostgres();
    }
    await back(world, probe);
  }
  probe.close();
  // So that what was promised last is asked for, too.
  await delay(2000);
}

/** Served again: discovery would answer without a database, an authorization request does not. */
async function back(world: World, probe: Patient): Promise<void> {
  const started = performance.now();
  const { authorize } = await world.endpoints();
  const browser = new Browser(probe.exchange);
  await probe.insist(() =>
    browser.get(`${authorize}?client_id=bench&request_uri=urn:ietf:params:oauth:request_uri:none`),
  );
  world.ledger.slowestReturn = Math.max(world.ledger.slowestReturn, performance.now() - started);
}
