import { once } from 'node:events';
import { connect } from 'node:tls';

import { expect } from 'chai';
import { stringify } from 'yaml';

import { byTime, type Told, told } from '../../lib/audit/read.ts';
import { auditTableOf } from '../../lib/store/statements.ts';
import { Running } from '../commands/cli.ts';
import { RawClient } from '../support/raw_client.ts';
import { Reloadable } from '../support/reloadable.ts';
import { until } from '../support/until.ts';

/** The serial number of the certificate that a new connection is shown. */
async function shown(url: string): Promise<string> {
  const socket = connect({ port: Number(new URL(url).port), host: 'localhost', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

describe('A running server whose files change', () => {
  let files: Reloadable;
  before(async () => {
    files = await Reloadable.start();
  });
  after(() => files?.close());

  async function records(event: string): Promise<Told[]> {
    const { store } = files.server.adapter;
    const found: Told[] = [];
    for await (const row of byTime(store.knex, auditTableOf(store.table), { event })) found.push(told(row, new Map()));
    return found;
  }

  it('shows a renewed certificate on both listeners within seconds, by itself', async () => {
    const { url, mtlsUrl = '' } = files.server;
    const before = await shown(url);
    expect(await shown(mtlsUrl)).to.equal(before);
    await files.certify(await files.pair());
    await until(async () => (await shown(url)) !== before && (await shown(mtlsUrl)) !== before);
  });

  it('goes on with the old pair while a certificate has another key, logs it and records it', async () => {
    const before = await shown(files.server.url);
    const { cert, key } = await files.pair();
    await files.put('tls.crt', cert);
    await until(async () => (await records('configuration.refused')).length > 0);

    expect(await shown(files.server.url)).to.equal(before);
    const [refused] = await records('configuration.refused');
    expect(JSON.stringify(refused?.details))
      .to.contain('is not the private key of cert')
      .and.not.contain('PRIVATE KEY');
    await files.put('tls.key', key);
    await until(async () => (await shown(files.server.url)) !== before);
  });

  it('knows a client that was written into its file, and no longer one that was taken out', async () => {
    const other = await RawClient.create(files.client.issuer, { client_id: 'added later' });
    expect((await other.push()).body.error).to.equal('invalid_client');
    await files.put('clients.yaml', stringify([files.client.metadata, other.metadata]));
    expect(await files.server.reload()).to.equal(true);
    expect((await other.push()).status).to.equal(201);
    await files.put('clients.yaml', stringify([files.client.metadata]));
    await files.server.reload();
    expect((await other.push()).body.error).to.equal('invalid_client');
    expect((await records('configuration.reloaded')).length).to.be.greaterThan(0);
  });

  const wrong: Readonly<Record<string, [change: () => Promise<void>, told: RegExp]>> = {
    'a client outside the profile': [
      () =>
        files.put('clients.yaml', stringify([{ ...files.client.metadata, redirect_uris: ['http://a.example.com'] }])),
      /clients\.yaml:\d+:\d+ .*redirect_uris/,
    ],
    'what is no YAML': [() => files.put('as.yaml', 'issuer: ['), /as\.yaml:\d+/],
    'a certificate that has expired': [
      async () => files.certify(await files.pair(new Date(Date.now() - 60_000))),
      /listen\.tls\.cert: has expired, at \d{4}-/,
    ],
    'a file that is gone': [() => files.configure({ mtls: { port: 1, ca: 'gone.crt' } }), /gone\.crt cannot be read/],
  };
  for (const [what, [change, text]] of Object.entries(wrong)) {
    it(`goes on as before when it is given ${what}, and records each problem`, async () => {
      const mtls = { port: Number(new URL(files.server.mtlsUrl ?? '').port), ca: 'ca.crt' };
      await change();
      expect(await files.server.reload()).to.equal(false);
      expect((await files.client.push()).status).to.equal(201);
      expect(JSON.stringify((await records('configuration.refused')).at(-1)?.details)).to.match(text);
      await files.put('clients.yaml', stringify([files.client.metadata]));
      await files.certify(await files.pair());
      await files.configure({ mtls });
      expect(await files.server.reload()).to.equal(true);
    });
  }

  it('takes what can change, and says what takes effect at the next start only', async () => {
    const { listen } = { listen: { port: 1, tls: { cert: 'tls.crt', key: 'tls.key' } } };
    await files.configure({ listen, database: { url: 'pglite:elsewhere' }, par: { request_uri_lifetime: 77 } });
    expect(await files.server.reload()).to.equal(true);

    expect((await files.client.push()).body.expires_in).to.equal(77);
    const details = (await records('configuration.reloaded')).at(-1)?.details;
    expect((details as { at_next_start: string[] }).at_next_start).to.deep.equal(['database', 'listen.port']);
  });

  it('loses no request under load, whichever provider a request began on', async () => {
    const asked = { begun: 0, lost: [] as unknown[] };
    let isOver = false;
    const one = async () => {
      while (!isOver && asked.begun < 100_000) {
        asked.begun += 1;
        const answer = await files.client.push().catch((error: Error) => ({ status: error.message, body: undefined }));
        if (answer.status !== 201) asked.lost.push(answer);
      }
    };
    const load = Array.from({ length: 8 }, one);
    for (let round = 0; round < 10; round += 1) {
      await files.configure({ par: { request_uri_lifetime: 60 + round } });
      expect(await files.server.reload()).to.equal(true);
    }
    isOver = true;
    await Promise.all(load);
    expect(asked.lost).to.deep.equal([]);
    expect(asked.begun).to.be.greaterThan(50);
  });

  it('lets a flow go on that began before: the push, the login and the code are each on another provider', async () => {
    const { body } = await files.client.push();
    await files.server.reload();
    const code = (await files.client.authorize(body.request_uri)).searchParams.get('code') ?? '';
    await files.server.reload();
    expect((await files.client.exchange(code)).status).to.equal(200);
  });
});

describe('serve', () => {
  it('reads its configuration again at SIGHUP', async () => {
    const files = await Reloadable.write();
    const running = new Running(['serve', '--config', files.file], { LOG_LEVEL: 'info' });
    try {
      await running.prints(/Stop with/);
      await files.configure({ par: { request_uri_lifetime: 88 } });
      running.process.kill('SIGHUP');
      await until(() => running.stderr.includes('the configuration was read again'));
      expect((await files.client.push()).body.expires_in).to.equal(88);
      running.process.kill('SIGTERM');
      expect((await running.ends()).code).to.equal(0);
    } finally {
      running.process.kill('SIGKILL');
      await files.close();
    }
  });
});
