import { expect } from 'chai';

import { freePort } from '../../lib/demo/free_port.ts';
import { flowServer } from '../flows/server.ts';
import { migratedDatabase, query } from '../support/postgres.ts';
import { RawClient } from '../support/raw_client.ts';
import { until } from '../support/until.ts';
import { development, run } from './cli.ts';

/** Copies a database, once the server has taken leave of everybody who was connected to it. */
const copied = (server: string, name: string) =>
  query(server, `create database ${name}_restored template ${name}`).then(
    () => true,
    (error: Error) => {
      if (/being accessed by other users/.test(error.message)) return false;
      throw error;
    },
  );

describe('A database that was restored', () => {
  it('is as it was when it was backed up; grants revoke --before ends what it holds from then', async () => {
    const port = await freePort();
    const client = await RawClient.create(`https://localhost:${port}`);
    const clients = [client.metadata, ...client.others].map((metadata) => ({ metadata }));
    const database = await migratedDatabase();
    const restored = `${database.url}_restored`;
    const [server, name] = [database.url.replace(/[^/]+$/, 'postgres'), database.url.replace(/.*\//, '')];
    const refreshed = async (refresh_token: string) =>
      (await client.token({ grant_type: 'refresh_token', refresh_token })).body;
    try {
      const before = await flowServer({ port, clients, database: database.url });
      const { refresh_token } = (await client.exchange(await client.code())).body;
      const code = await client.code();
      await before.close();
      // As pg_dump and pg_restore make another database of it: one consistent copy.
      await until(() => copied(server, name));
      const since = await flowServer({ port, clients, database: database.url });
      await client.post('/token/revocation', { token: refresh_token });
      expect(await refreshed(refresh_token), 'revoked after the backup').to.include({ error: 'invalid_grant' });
      await since.close();

      const after = await flowServer({ port, clients, database: restored });
      expect(await refreshed(refresh_token), 'which the backup does not know').to.have.property('access_token');
      await new Promise((resolve) => setTimeout(resolve, 1100)); // times of grants are whole seconds
      const args = ['--before', new Date().toISOString(), '--json', '-c', development];
      const on = ['--set', `database.url=${restored}`, '--set', `issuer=${client.issuer}`];
      const { code: exit, stdout, stderr } = await run(['grants', 'revoke', ...args, ...on]);
      expect(exit, stderr).to.equal(0);
      expect(JSON.parse(stdout)).to.include({ grants: 1, sessions: 1 });
      expect(await refreshed(refresh_token)).to.include({ error: 'invalid_grant' });
      expect((await client.exchange(code)).body).to.include({ error: 'invalid_grant' });
      expect((await client.exchange(await client.code())).body).to.have.property('access_token');
      await after.close();
    } finally {
      await query(server, `drop database if exists ${name}_restored with (force)`);
      await database.drop();
    }
  }).timeout(60_000);
});
