import { generateKeyPairSync, hash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createPlainServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import knex from 'knex';
import { type Configuration, Provider } from 'oidc-provider';
import { openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { type KnexAdapterOptions, knexAdapter } from '../../lib/store/adapter.ts';
import { blind } from '../../lib/store/foresight.ts';
import { foundOf } from '../../lib/store/row.ts';
import type { Store } from '../../lib/store/store.ts';
import { unitOfWork } from '../../lib/store/unit_of_work.ts';
import { answer } from './child.ts';
import { issuer, metadata } from './client.ts';
import { NaiveAdapter } from './naive_adapter.ts';
import { productInMemory, startProduct } from './product.ts';
import {
  coreInMemory,
  coreInUnits,
  coreOnNaive,
  coreOnOurs,
  coreWithoutExchange,
  coreWithoutForesight,
  encryptionKey,
  oursInMemory,
  products,
  type Start,
  type SubjectName,
} from './subjects.ts';

/** What is compared: each answers a listener on the same core, with the same client, over the same kind of socket. */
const listeners: Record<Exclude<SubjectName, (typeof products)[number]>, (start: Start) => Promise<RequestListener>> = {
  [oursInMemory]: productInMemory,
  [coreInMemory]: async (start: Start) => bareCore(start).callback(),
  [coreOnNaive]: async (start: Start) => {
    const db = knex({ client: 'pg', connection: start.database_url, pool: { min: 2, max: 10 } });
    if (!(await db.schema.hasTable('naive_payloads'))) await NaiveAdapter.createTable(db);
    return bareCore(start, { adapter: (model) => new NaiveAdapter(db, model) }).callback();
  },
  [coreOnOurs]: async (start: Start) => (await coreOnOurStore(start)).callback(),
  [coreInUnits]: (start: Start) => coreInUnitsOfWork(start),
  [coreWithoutExchange]: async (start: Start) => {
    const { knex } = await openDatabase({ url: start.database_url });
    await migrate(knex);
    const adapter = knexAdapter(knex, { encryption_keys: [encryptionKey] });
    byPgsOwnQueries(adapter.store);
    const provider = bareCore(start, { adapter });
    provider.use(unitOfWork());
    return provider.callback();
  },
  [coreWithoutForesight]: (start: Start) => coreInUnitsOfWork(start, { foresight: () => blind }),
};

/** The same statements, prepared as well, without the message writer of `lib/database/exchange.ts`. */
function byPgsOwnQueries(store: Store): void {
  store.run = async ({ text, values }) => {
    const connection = await store.knex.client.acquireConnection();
    try {
      const name = hash('sha256', text).slice(0, 16);
      const { rows } = await connection.query({ name, text, values, rowMode: 'array' });
      return rows.map(foundOf);
    } finally {
      store.knex.client.releaseConnection(connection);
    }
  };
}

async function coreOnOurStore(start: Start, options: KnexAdapterOptions = {}): Promise<Provider> {
  const { knex } = await openDatabase({ url: start.database_url });
  await migrate(knex);
  return bareCore(start, { adapter: knexAdapter(knex, { encryption_keys: [encryptionKey], ...options }) });
}

async function coreInUnitsOfWork(start: Start, options?: KnexAdapterOptions): Promise<RequestListener> {
  const provider = await coreOnOurStore(start, options);
  provider.use(unitOfWork());
  return provider.callback();
}

/** Core as its documentation sets it up for FAPI 2.0, with its own pages and its in-memory store. */
function bareCore({ key, rotate_refresh_token = false }: Start, configuration: Configuration = {}): Provider {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const provider = new Provider(issuer, {
    clients: [metadata(key)],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' } as never] },
    cookies: { keys: ['a key that signs nothing but measurements'] },
    features: {
      fapi: { enabled: true, profile: '2.0' },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
      dPoP: { enabled: true },
    },
    responseTypes: ['code'],
    ttl: { AccessToken: 300, IdToken: 300, Interaction: 600, Session: 86_400, Grant: 86_400 },
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    scopes: ['openid', 'offline_access'],
    rotateRefreshToken: rotate_refresh_token,
    ...configuration,
  });
  provider.proxy = true;
  return provider;
}

const isProduct = (subject: SubjectName): subject is (typeof products)[number] =>
  (products as readonly SubjectName[]).includes(subject);

answer({
  async start(start: Start): Promise<number> {
    const { subject } = start;
    if (isProduct(subject)) return startProduct(start);
    const listener = await listeners[subject](start);
    const server = start.tls ? createTlsServer(start.tls, listener) : createPlainServer(listener);
    server.listen(start.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  },
});
