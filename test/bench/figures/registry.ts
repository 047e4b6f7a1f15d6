import { openDatabase } from '../../../lib/database/database.ts';
import { migrate } from '../../../lib/database/schema.ts';
import { freePort } from '../../../lib/demo/free_port.ts';
import { knexAdapter } from '../../../lib/store/adapter.ts';
import { flowServer } from '../../flows/server.ts';
import { RawClient } from '../../support/raw_client.ts';
import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { median } from '../figure.ts';
import { encryptionKey } from '../subjects.ts';

const CLIENTS = 100_000;
const PUSHES = 200;

/** A database with so many clients, all with the keys of one. */
async function registry(url: string, { metadata }: RawClient, count: number): Promise<void> {
  const { knex, close } = await openDatabase({ url });
  await migrate(knex);
  const adapter = knexAdapter(knex, { encryption_keys: [encryptionKey] })('Client');
  for (let done = 0; done < count; done += 500) {
    await Promise.all(
      Array.from({ length: 500 }, async (_, index) => {
        const client_id = `client-${done + index}`;
        await adapter.upsert(client_id, { ...metadata, client_id }, 0);
      }),
    );
  }
  await close();
}

/** A server with 100,000 clients in its database: how long it takes to start, and what a client it has not seen costs. */
export async function registryOf(bench: Bench): Promise<Figure[]> {
  const port = await freePort();
  const client = await RawClient.create(`https://localhost:${port}`);
  const urls = { full: await bench.database(), empty: await bench.database() };
  await registry(urls.full, client, CLIENTS);
  await registry(urls.empty, client, 0);
  const set = [`database.encryption_keys=${JSON.stringify([encryptionKey])}`];
  const start = (database: string) => flowServer({ database, port, clients: [client], set });
  const boot: Record<'full' | 'empty', number[]> = { full: [], empty: [] };
  const push: Record<'unseen' | 'seen', number[]> = { unseen: [], seen: [] };
  let next = 0;
  for (let repetition = 0; repetition <= bench.repetitions; repetition += 1) {
    for (const name of ['empty', 'full'] as const) {
      const started = performance.now();
      const server = await start(urls[name]);
      // The first start is for the compiler.
      if (repetition > 0) boot[name].push(performance.now() - started);
      if (name === 'full' && repetition > 0) {
        const pushes = async (by: () => string) => {
          const taken: number[] = [];
          for (let count = 0; count < PUSHES; count += 1) {
            const client_id = by();
            const begun = performance.now();
            const { status } = await client.post('/request', { ...client.params, client_id }, {}, client_id as never);
            if (status !== 201) throw new Error(`a push was answered by ${status}`);
            taken.push(performance.now() - begun);
          }
          return median(taken);
        };
        await pushes(() => 'client-0');
        push.seen.push(await pushes(() => 'client-0'));
        push.unseen.push(
          await pushes(() => {
            next += 1;
            return `client-${next}`;
          }),
        );
      }
      await server.close();
    }
  }
  return [
    {
      ...{ name: `start with ${CLIENTS} clients in the database`, unit: 'ms', values: boot, of: 'full' },
      ...{ against: 'empty', goal: { sense: '<=', limit: 1.5 } },
    },
    {
      ...{ name: `p50 of a push of a client not seen before, of ${CLIENTS}`, unit: 'ms', values: push, of: 'unseen' },
      ...{ against: 'seen', goal: { sense: '<=', limit: 1.5 } },
    },
  ];
}
