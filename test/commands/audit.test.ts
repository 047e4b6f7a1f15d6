import { expect } from 'chai';

import { timeOf } from '../../lib/commands/audit.ts';
import { openDatabase } from '../../lib/database/database.ts';
import { clients } from '../flows/clients.ts';
import { authorized } from '../flows/flow_client.ts';
import { openidClient } from '../flows/openid_client.ts';
import { flowServer, type OwnServer } from '../flows/server.ts';
import { migratedDatabase, type TestDatabase } from '../support/postgres.ts';
import { development, run } from './cli.ts';

const client = clients.find(({ client_id }) => client_id === 'private_key_jwt-dpop') as (typeof clients)[0];

describe('oidc-provider-fapi audit', () => {
  let database: TestDatabase;
  let server: OwnServer;
  const command = (...args: string[]) =>
    run([
      ...args,
      '--config',
      development,
      '--set',
      `database.url=${database.url}`,
      '--set',
      `issuer=${server.issuer}`,
    ]);

  before(async () => {
    database = await migratedDatabase();
    server = await flowServer({ database: database.url });
    const flow = await openidClient(server, client);
    await flow.exchange(await authorized(flow, { scope: 'openid profile' }));
    // Ends the chains with a checkpoint each.
    await server.close();
  });
  after(() => database?.drop());

  it('list tells of a person, a client and a kind of event, as sentences and as JSON', async () => {
    const { code, stdout } = await command('audit', 'list', '--account', 'demo', '--since', '1h');
    expect(code).to.equal(0);
    expect(stdout)
      .to.match(/a person logged in/)
      .and.match(/the person consented: .*scope openid profile/);
    const { stdout: lines } = await command(
      'audit',
      'list',
      '--client',
      client.client_id,
      '--event',
      'code.issued',
      '--json',
    );
    expect(JSON.parse(lines.trim())).to.include({ event: 'code.issued', client: client.client_id });
    expect((await command('audit', 'list', '--until', '2020-01-01')).stdout).to.equal('');
    expect((await command('audit', 'list')).stdout)
      .to.match(/a process began to serve/)
      .and.not.match(/chain/);
    expect((await command('audit', 'list', '--event', 'audit.began')).stdout).to.match(/a chain of records began/);
  });

  it('explain tells one flow from the push to the tokens', async () => {
    const { stdout: lines } = await command('audit', 'list', '--event', 'push.accepted', '--json');
    const { stdout } = await command('explain', JSON.parse(lines.trim()).flow);
    const told = stdout.trim().split('\n');
    expect(told[0]).to.include('a pushed authorization request was accepted');
    expect(told.at(-1)).to.include('tokens were issued');
  });

  it('verify says that it is as it was written, and which record is not, with exit code 2 and a record', async () => {
    const { code, stdout } = await command('audit', 'verify');
    expect(stdout).to.match(/^\d+ records in \d+ chains, \d+ checkpoints, 0 records not signed yet\n$/);
    expect(code).to.equal(0);
    const exported = (await command('audit', 'export')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(exported).to.have.length(Number.parseInt(stdout, 10));
    const { chain, seq } = exported.find(({ event }) => event === 'code.issued');
    const { knex, close } = await openDatabase({ url: database.url });
    await knex.raw('delete from oidc_audit where chain = ? and seq = ?', [chain, seq]);
    await close();
    const edited = await command('audit', 'verify');
    expect(edited.code).to.equal(2);
    expect(edited.stdout).to.include(`chain ${chain}, record ${seq + 1}: 1 rows before it are missing`);
    expect(edited.stderr).to.equal('oidc-provider-fapi: the trail is not as it was written: 1 faults\n');
    const { stdout: faulty } = await command('audit', 'list', '--event', 'audit.faulty');
    expect(faulty).to.match(/is not as it was written: faults 1, .* by command/);
  });

  it('retire drops nothing that is younger than it is to be kept', async () => {
    expect((await command('audit', 'retire')).stdout).to.match(/^0 records/m);
  });

  it('refuses a time that is none, an account nobody knows and a flow that never was, in one line each', async () => {
    for (const [args, text] of [
      [['audit', 'list', '--since', 'yesterday'], 'yesterday is no time'],
      [['audit', 'list', '--account', 'nobody'], 'the trail tells of no account nobody'],
      [['audit', 'list', '--event', 'code.isued'], 'there is no event code.isued, did you mean code.issued?'],
      [['explain', 'nothing'], 'the trail tells of no flow nothing'],
    ] as const) {
      const { code, stderr } = await command(...args);
      expect(code, text).to.equal(2);
      expect(stderr.trim().split('\n'), text).to.have.length(1);
      expect(stderr).to.include(text);
    }
  });

  it('takes dates and how long ago', () => {
    const now = Date.parse('2026-11-27T12:00:00Z');
    expect(timeOf('90m', now)).to.equal(now - 90 * 60_000);
    expect(timeOf('7d', now)).to.equal(now - 7 * 86_400_000);
    expect(timeOf('2026-11-27T12:00:00Z', now)).to.equal(now);
  });
});
