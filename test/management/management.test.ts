import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { run as health } from '../../lib/commands/health.ts';
import { type Config, loadConfig } from '../../lib/config/load.ts';
import { openDatabase } from '../../lib/database/database.ts';
import type { ConfigError } from '../../lib/errors.ts';
import { httpsFetch } from '../../lib/http/https_fetch.ts';
import { managementApp } from '../../lib/management/app.ts';
import { Heartbeat } from '../../lib/management/heartbeat.ts';
import { Resources } from '../../lib/resources.ts';
import { selfSigned } from '../../lib/server/development_certificate.ts';
import { type RunningServer, startServer } from '../../lib/server/server.ts';
import { mutualTlsOptions } from '../../lib/server/tls.ts';
import { CertificateAuthority } from '../support/certificates.ts';
import { listen } from '../support/listener.ts';
import { databaseOf, migratedDatabase, type TestDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

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
  let database: TestDatabase;
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

  it('/readyz says within seconds that another node has other clients, and stays ready', async () => {
    const { knex, close } = await openDatabase({ url: database.url });
    const other = new Heartbeat({ knex, node: 'other/1/x', state: () => 'serving' });
    await other.start(() => ({ profile: 'fapi2-security-profile', configuration: { clients: 'others' }, keys: {} }));
    try {
      let answer = await ask(server, '/readyz');
      await until(async () => {
        answer = await ask(server, '/readyz');
        return answer.body.warnings.length > 0;
      });
      expect(answer.status).to.equal(200);
      expect(answer.body.warnings.join('\n')).to.match(
        /^clients is not the same on every node: .*others on other\/1\/x/m,
      );
      const { text } = await ask(server, '/metrics');
      expect(text).to.match(/^oidc_node_differences\{part="clients"\} 1$/m);
      expect(text).to.match(/^oidc_nodes\{state="serving"\} 2$/m);
    } finally {
      await other.stop();
      await close();
    }
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

describe('oidc-provider-fapi health', () => {
  const resources = new Resources();
  after(() => resources.close());

  let server: RunningServer;
  before(async () => {
    server = await startServer(await load(`database.url="${await databaseOf(resources)}"`, 'shutdown.delay=1'));
  });

  const ask = (url: string, live = false) =>
    health({ url, live }).then(
      () => 'well',
      ({ message }: Error) => message,
    );

  it('is well while the server is ready, and says why not when it is not', async () => {
    const url = server.managementUrl ?? '';
    expect(await ask(url)).to.equal('well');
    const closed = server.close();
    expect(await ask(url)).to.equal(`${url}: stopping`);
    expect(await ask(url, true)).to.equal('well');
    await closed;
    expect(await ask(url)).to.match(/ECONNREFUSED/);
  });

  it('takes a file with a management listener, or a URL', async () => {
    expect(await ask('nowhere')).to.match(/^nowhere is no URL, write for example/);
    const refused = await health({ live: false }).catch(({ message }: Error) => message);
    expect(refused).to.equal('name the file by --config, or the listener by --url');
  });
});

describe('A process that is told to stop', () => {
  const resources = new Resources();
  after(() => resources.close());

  it('answers 503 on /readyz and serves on for shutdown.delay, then ends', async () => {
    const server = await startServer(await load(`database.url="${await databaseOf(resources)}"`, 'shutdown.delay=1'));
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

  it('is for who shows a certificate of an authority of the file; probes need none', async () => {
    const [authority, stranger] = await Promise.all([CertificateAuthority.root(), CertificateAuthority.root()]);
    const [administrator, other, own] = await Promise.all([
      authority.issue(),
      stranger.issue(),
      selfSigned(['localhost']),
    ]);
    const app = managementApp({
      health: { report: async () => ({ status: 'ready', checks: {}, warnings: [] }) },
      metrics: { contentType: 'text/plain', text: async () => '' },
      administration: (ctx) => {
        ctx.body = 'administered';
      },
      mutualTls: true,
    });
    const listener = await listen(app, { ...mutualTlsOptions(own), ca: authority.certificate });
    try {
      const { cert, key } = administrator;
      expect((await listener.ask('/admin/clients', { cert, key })).text).to.equal('administered');
      const strange = { cert: other.cert, key: other.key };
      for (const options of [{}, strange]) {
        const { status, headers } = await listener.ask('/admin/clients', options);
        expect(status).to.equal(401);
        expect(headers['content-type']).to.equal('application/problem+json');
      }
      expect((await listener.ask('/readyz')).status).to.equal(200);
      expect((await listener.ask('/administer', { cert, key })).status).to.equal(404);
    } finally {
      await listener.close();
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
