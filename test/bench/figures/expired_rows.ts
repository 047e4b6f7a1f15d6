import pg from 'pg';

import type { Bench, Sample } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { ours } from '../subjects.ts';

const ROWS = 1_000_000;

/** What a purge that has fallen behind leaves for a push to bear: the same server on an empty table and on a full one. */
export async function expiredRows(bench: Bench): Promise<Figure[]> {
  const urls = { empty: await bench.database(), full: await bench.database() };
  const empty = await bench.start(ours, { database_url: urls.empty });
  const full = await bench.start(ours, { database_url: urls.full });
  for (const subject of [empty, full]) await subject.measure({ kind: 'par', seconds: 2 });
  await fill(urls.full);
  const samples: Record<'empty' | 'full', Sample[]> = { empty: [], full: [] };
  const calm: Record<'empty' | 'full', Sample[]> = { empty: [], full: [] };
  for (let repetition = 0; repetition < bench.repetitions; repetition++) {
    samples.empty.push(await empty.measure({ kind: 'par' }));
    samples.full.push(await full.measure({ kind: 'par' }));
    const rate = (samples.empty[0] as Sample).rate / 2;
    calm.empty.push(await empty.measure({ kind: 'par', rate }));
    calm.full.push(await full.measure({ kind: 'par', rate }));
  }
  await Promise.all([empty.stop(), full.stop()]);
  const compared = { of: 'full', against: 'empty' } as const;
  const column = (from: typeof samples, field: 'rate' | 'p99') => ({
    full: from.full.map((sample) => sample[field]),
    empty: from.empty.map((sample) => sample[field]),
  });
  return [
    {
      name: `pushes a second with ${ROWS} expired rows`,
      unit: '/s',
      values: column(samples, 'rate'),
      ...compared,
      goal: { sense: '>=', limit: 0.9 },
    },
    {
      name: `p99 of a push with ${ROWS} expired rows, half load`,
      unit: 'ms',
      values: column(calm, 'p99'),
      ...compared,
      goal: { sense: '<=', limit: 1.1 },
    },
  ];
}

async function fill(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(
    `insert into oidc_payloads (id, model, payload, expires_at)
     select sha256(convert_to(n::text, 'UTF8')), 'PushedAuthorizationRequest', decode(repeat(md5(n::text), 40), 'hex'),
            extract(epoch from now())::bigint - 86400
     from generate_series(1, $1::int) n`,
    [ROWS],
  );
  await client.query('analyze oidc_payloads');
  await client.query('checkpoint');
  await client.end();
}
