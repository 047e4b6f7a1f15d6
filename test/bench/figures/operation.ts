import { Chain } from '../../../lib/audit/chain.ts';
import { checkpoint, signer } from '../../../lib/audit/checkpoint.ts';
import { auditKeys, publicOf } from '../../../lib/audit/open.ts';
import { byChain } from '../../../lib/audit/read.ts';
import { verifyTrail } from '../../../lib/audit/verify.ts';
import { openDatabase } from '../../../lib/database/database.ts';
import { migrate } from '../../../lib/database/schema.ts';
import { type KnexAdapterFactory, knexAdapter } from '../../../lib/store/adapter.ts';
import { revoke } from '../../../lib/store/held.ts';
import { auditTableOf } from '../../../lib/store/statements.ts';
import type { AuditRow } from '../../../lib/store/trail.ts';
import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { encryptionKey } from '../subjects.ts';

const RECORDS = 1_000_000;
const TOKENS = 10_000;
const PAGE = 5000;

const columns = [
  ...['at', 'node', 'chain', 'seq', 'event', 'clause', 'flow', 'client', 'account', 'grant_id'],
  ...['interaction_id', 'address', 'record', 'hash'],
] as const satisfies readonly (keyof AuditRow)[];
const bytes: readonly string[] = ['account', 'grant_id', 'record', 'hash'];

/** Writes a trail of one chain, signed every 1,000 records as a server does. */
async function fill(adapter: KnexAdapterFactory): Promise<void> {
  const { knex, table } = adapter.store;
  const sign = signer((await auditKeys(adapter)).signing);
  const chain = new Chain('bench/1');
  const nothing = { clause: null, flow: null, account: null, grant_id: null, interaction_id: null, address: null };
  const entry = (event: string, record: string | null) => ({
    ...nothing,
    at: Date.now(),
    event,
    client: 'bench',
    record,
  });
  const placed = columns.map((name, index) => (bytes.includes(name) ? `decode(c${index}, 'hex')` : `c${index}`));
  const types = columns.map((name) => (name === 'at' || name === 'seq' ? 'bigint[]' : 'text[]'));
  for (let done = 0; done < RECORDS; done += PAGE) {
    const rows: AuditRow[] = [];
    for (let index = 0; index < PAGE; index += 1) {
      const isSigned = index % 1000 === 999;
      const record = isSigned ? Buffer.from(await checkpoint(sign, chain.end)).toString('hex') : null;
      rows.push(...chain.append([entry(isSigned ? 'audit.checkpoint' : 'push.accepted', record)]));
    }
    await knex.raw(
      `insert into ${auditTableOf(table)} (${columns.join()}) select ${placed.join()}
         from unnest(${types.map((type) => `?::${type}`).join()}) as t(${columns.map((_, index) => `c${index}`).join()})`,
      columns.map((name) => rows.map((row) => row[name])) as never,
    );
  }
}

/** Gives a person grants, each with an access token. */
async function grant(adapter: KnexAdapterFactory, accountId: string): Promise<void> {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  for (let done = 0; done < TOKENS; done += 500) {
    await Promise.all(
      Array.from({ length: 500 }, async (_, index) => {
        const grantId = `${accountId} ${done + index}`;
        await adapter('Grant').upsert(grantId, { accountId, clientId: 'bench', exp, jti: grantId }, 3600);
        const token = { accountId, clientId: 'bench', grantId, exp, jti: `token of ${grantId}` };
        await adapter('AccessToken').upsert(`token of ${grantId}`, token, 3600);
      }),
    );
  }
}

const seconds = async (what: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await what();
  return (performance.now() - started) / 1000;
};

/** How long an operator waits: for the proof of a long trail, and until a person's tokens are no good any more. */
export async function operation(bench: Bench): Promise<Figure[]> {
  const { knex, close } = await openDatabase({ url: await bench.database() });
  await migrate(knex);
  const adapter = knexAdapter(knex, { encryption_keys: [encryptionKey] });
  const values = { verify: [] as number[], revoke: [] as number[] };
  try {
    for (let repetition = 0; repetition < bench.repetitions; repetition += 1) {
      await grant(adapter, `person ${repetition}`);
      values.revoke.push(await seconds(() => revoke(adapter.store, { account: `person ${repetition}` })));
    }
    await fill(adapter);
    const { signing } = await auditKeys(adapter);
    const keys = new Map([[`${signing.kid}`, publicOf(signing)]]);
    values.verify.push(
      await seconds(async () => {
        const { rows, faults } = await verifyTrail(byChain(knex, auditTableOf(adapter.store.table)), { keys });
        if (rows < RECORDS || faults.length > 0) throw new Error(`${rows} records, ${faults[0]?.text}`);
      }),
    );
  } finally {
    await close();
  }
  const figure = (name: string, of: keyof typeof values, limit: number): Figure => ({
    ...{ name, unit: 's', values: { [of]: values[of] }, of, goal: { sense: '<=', limit } },
  });
  return [
    figure(`to revoke what a person with ${TOKENS} grants and tokens has`, 'revoke', 1),
    figure(`to verify ${RECORDS} records of the trail`, 'verify', 30),
  ];
}
