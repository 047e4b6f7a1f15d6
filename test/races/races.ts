import type { JsonWebKey } from 'node:crypto';

import type { Child } from '../bench/child.ts';
import { makeKey } from '../bench/client.ts';
import type { Target } from '../bench/connection.ts';
import { startServers } from '../bench/servers.ts';
import type { SubjectName } from '../bench/subjects.ts';
import { type Attempt, Lane } from './lane.ts';

export interface Tally {
  readonly what: Thing;
  attempts: number;
  /** Things to be spent. */
  spent: number;
  winners: number;
  /** Winners beyond the first of each thing. */
  duplicates: number;
  /** Things nobody got. */
  unspent: number;
}

interface Contest {
  readonly subject: SubjectName;
  readonly processes: number;
  /** For each kind of thing. */
  readonly attempts: number;
  /** At one thing at the same moment. */
  readonly contenders: number;
  /** Things contended for at the same time, so that the database is not idle but for one. */
  readonly lanes: number;
}

type Kind = (lane: Lane, contenders: number) => Promise<Attempt[]>;

const same = (attempt: Attempt, times: number): Attempt[] => Array.from({ length: times }, () => attempt);
const each = (make: () => Attempt, times: number): Attempt[] => Array.from({ length: times }, make);

const kinds = {
  'authorization code': async (lane, contenders) => each(await lane.sameCode(), contenders),
  request_uri: async (lane, contenders) => same(await lane.sameRequestUri(), contenders),
  'client assertion': async (lane, contenders) => same(lane.sameAssertion(), contenders),
  'DPoP proof': async (lane, contenders) => same(await lane.sameProof(), contenders),
  'rotated refresh token': async (lane, contenders) => each(await lane.sameRefreshToken(), contenders),
} satisfies Record<string, Kind>;

export type Thing = keyof typeof kinds;
export const things = Object.keys(kinds) as Thing[];
/** FAPI 2.0 forbids rotation, so the server does not offer it; the store is for others, too. */
export const fapiThings: readonly Thing[] = things.filter((thing) => thing !== 'rotated refresh token');

/** Processes that share a database and nothing else, and the things to contend for on them. */
export class Arena {
  readonly #key: JsonWebKey;
  readonly #contest: Contest;
  readonly #servers: readonly Child[];
  readonly #targets: readonly Target[];

  private constructor(key: JsonWebKey, contest: Contest, servers: readonly Child[], targets: readonly Target[]) {
    this.#key = key;
    this.#contest = contest;
    this.#servers = servers;
    this.#targets = targets;
  }

  static async open(database_url: string, contest: Contest): Promise<Arena> {
    const key = makeKey();
    const { subject, processes } = contest;
    const start = { subject, key, database_url, rotate_refresh_token: true };
    const { servers, targets } = await startServers(processes, start);
    return new Arena(key, contest, servers, targets);
  }

  async contend(what: Thing): Promise<Tally> {
    const { attempts, contenders, lanes } = this.#contest;
    const tally: Tally = { what, attempts: 0, spent: 0, winners: 0, duplicates: 0, unspent: 0 };
    const attemptsAt = kinds[what];
    let left = Math.ceil(attempts / contenders);
    const work = async () => {
      const lane = await Lane.open(this.#key, this.#targets, contenders);
      while (left-- > 0) {
        const winners = await lane.race(await attemptsAt(lane, contenders));
        tally.attempts += contenders;
        tally.spent += 1;
        tally.winners += winners;
        tally.duplicates += Math.max(0, winners - 1);
        tally.unspent += winners === 0 ? 1 : 0;
      }
      lane.close();
    };
    await Promise.all(Array.from({ length: lanes }, work));
    return tally;
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.kill()));
  }
}
