import type { Child } from '../bench/child.ts';
import { makeKey } from '../bench/client.ts';
import type { Target } from '../bench/connection.ts';
import { startServers } from '../bench/servers.ts';
import type { SubjectName } from '../bench/subjects.ts';
import { type Attempt, Lane } from './lane.ts';

export interface Tally {
  readonly what: string;
  attempts: number;
  /** Things to be spent. */
  spent: number;
  winners: number;
  /** Winners beyond the first of each thing. */
  duplicates: number;
  /** Things nobody got. */
  unspent: number;
}

export interface Contest {
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

export const kinds: Readonly<Record<string, Kind>> = {
  'authorization code': async (lane, contenders) => each(await lane.sameCode(), contenders),
  request_uri: async (lane, contenders) => same(await lane.sameRequestUri(), contenders),
  'client assertion': async (lane, contenders) => same(lane.sameAssertion(), contenders),
  'DPoP proof': async (lane, contenders) => same(await lane.sameProof(), contenders),
  'rotated refresh token': async (lane, contenders) => each(await lane.sameRefreshToken(), contenders),
};

/** Contends for one kind of thing on processes that share a database and nothing else. */
export async function contend(what: string, database_url: string, contest: Contest): Promise<Tally> {
  const key = makeKey();
  const rotate_refresh_token = what === 'rotated refresh token';
  const start = { subject: contest.subject, key, database_url, rotate_refresh_token };
  const { servers, targets } = await startServers(contest.processes, start);
  try {
    return await run(what, kinds[what] as Kind, { key, targets, contest });
  } finally {
    await Promise.all(servers.map((server: Child) => server.kill()));
  }
}

interface Field {
  readonly key: ReturnType<typeof makeKey>;
  readonly targets: readonly Target[];
  readonly contest: Contest;
}

async function run(what: string, kind: Kind, { key, targets, contest }: Field): Promise<Tally> {
  const { attempts, contenders, lanes } = contest;
  const tally: Tally = { what, attempts: 0, spent: 0, winners: 0, duplicates: 0, unspent: 0 };
  let left = Math.ceil(attempts / contenders);
  const work = async () => {
    const lane = await Lane.open(key, targets, contenders);
    while (left-- > 0) {
      const winners = await lane.race(await kind(lane, contenders));
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
