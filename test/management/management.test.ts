import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { type Config, loadConfig } from '../../lib/config/load.ts';
import { httpsFetch } from '../../lib/demo/https_fetch.ts';
import type { ConfigError } from '../../lib/errors.ts';
import { type RunningServer, startServer } from '../../lib/server/server.ts';
import { type FlowDatabase, migratedDatabase } from '../flows/server.ts';
import { CertificateAuthority } from '../support/certificates.ts';

const development = 'config/development.yaml';
const anywhere = ['listen.port=0', 'mtls.port=0', 'management.port=0'];

const load = (...set: string[]): Promise<Config> => loadConfig(development, { set: [...anywhere, ...set] });

/** The problems of a configuration, each with its key. */
async function problems(...set: string[]): Promise<string[]> {
  const refused = await load(...set).then(
    () => undefined,
    (error: ConfigError) => error,
  );
  return refused?.problems.map(({ key, text }) => `${key} ${text}`) ?? [];
}

async function ask(server: RunningServer, path: string, options?: RequestInit) {
  const response = await fetch(`${server.managementUrl}${path}`, options);
  const type = response.headers.get('content-type') ?? '';
  const text = await response.text();
  return { status: response.status, type, text, body: type.includes('json') ? JSON.parse(text) : undefined };
}

describe('The listener for operators', () => {
  let database: FlowDatabase;
  let server: RunningServer;

  before(async () => {
    database = await migratedDatabase();
    server = await startServer(await load(`database.url=${database.url}`));
  });
  after(async () => {
    await server?.close();
    await database?.drop();
  });

  it('/livez says that the process answers, by whatever Host it is asked', async () => {
    const { status, body } = await ask(server, '/livez', { headers: { host: 'probe.example' } });
    expect({ status, body }).to.deep.equal({ status: 200, body: { status: 'alive' } });
  });

  it('/readyz looks at the database, the schema, the clock and the certificates', async () => {
    const { status, body } = await ask(server, '/readyz');
    const checks = { database: 'ok', schema: 'ok', clock: 'ok', certificate: 'ok' };
    expect({ status, ...body }).to.deep.include({ status: 'ready', checks });
    expect(status).to.equal(200);
  });

  it('serves neither to writers nor under other names', async () => {
    expect((await ask(server, '/metrics', { method: 'POST' })).status).to.equal(405);
    const { status, type } = await ask(server, '/__proto__');
    expect({ status, type }).to.deep.equal({ status: 404, type: 'application/problem+json' });
  });

  it('is not on the public listener', async () => {
    const fetched = httpsFetch({ ca: server.certificate?.cert ?? '' });
    const response = await fetched(`${server.url}/metrics`, { headers: { host: new URL(server.issuer).host } }).catch(
      () => undefined,
    );
    expect(response?.status ?? 404).to.equal(404);
  });

  it('/metrics tells of the store, the certificates, the clock and the process', async () => {
    const { status, type, text } = await ask(server, '/metrics');
    expect(status).to.equal(200);
    expect(type).to.match(/^text\/plain; version=0.0.4/);
    for (const line of [
      /^oidc_ready 1$/m,
      /^oidc_store_round_trips_total [1-9]/m,
      /^oidc_store_rows_refused_total 0$/m,
      /^oidc_store_queue\{kind="writes"\} 0$/m,
      /^oidc_store_pool_connections\{state="free"\} [1-9]/m,
      /^certificate_not_after_seconds\{listener="listen"\} 1\d{9}$/m,
      /^certificate_not_after_seconds\{listener="mtls"\} 1\d{9}$/m,
      /^oidc_clock_offset_seconds -?0(\.\d+)?$/m,
      /^nodejs_eventloop_lag_seconds /m,
      /^oidc_purge_timestamp_seconds 1\d{9}$/m,
    ])
      expect(text).to.match(line);
  });
});

describe('A process that is told to stop', () => {
  it('answers 503 on /readyz and serves on for shutdown.delay, then ends', async () => {
    const server = await startServer(await load('database.url="pglite:"', 'shutdown.delay=1'));
    expect((await ask(server, '/readyz')).status).to.equal(200);
    const closed = server.close();
    const { status, body } = await ask(server, '/readyz');
    expect({ status, is: body.status }).to.deep.equal({ status: 503, is: 'stopping' });
    expect((await ask(server, '/livez')).status).to.equal(200);
    await closed;
    expect(await ask(server, '/livez').catch(() => 'gone')).to.equal('gone');
  });
});

describe('Administration', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'management-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('is refused at boot where other machines could ask and no certificate is asked for', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'as.example.com']) {
      const [found] = await problems(`management.host="${host}"`);
      expect(found).to.match(/^management.host is reached by other machines.*write management.ca/);
    }
    expect(await problems('management.host=0.0.0.0', 'management.administration=false')).to.deep.equal([]);
    for (const host of ['127.0.0.1', '::1', 'localhost']) {
      expect(await problems(`management.host="${host}"`)).to.deep.equal([]);
    }
  });

  it('asks for certificates by TLS only, on a port of its own', async () => {
    const authority = await CertificateAuthority.root();
    await writeFile(join(folder, 'ca.crt'), authority.certificate);
    expect(await problems(`management.ca=${join(folder, 'ca.crt')}`)).to.deep.equal([
      'management.ca asks for certificates, which takes TLS: write management.tls as well',
    ]);
    expect(await problems('management.port=9443', 'listen.port=9443')).to.deep.equal([
      'management.port is the port of another listener, write another one',
    ]);
  });
});
