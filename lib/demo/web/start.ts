import { createServer, type Server } from 'node:https';
import { resolve } from 'node:path';

import { importPKCS8 } from 'jose';
import * as openid from 'openid-client';

import { loadConfig } from '../../config/load.ts';
import { httpsFetch } from '../../http/https_fetch.ts';
import { logTo } from '../../log.ts';
import { packageFile } from '../../package_file.ts';
import type { Resources } from '../../resources.ts';
import { developmentCertificate } from '../../server/development_certificate.ts';
import { gracefulStop } from '../../server/graceful_stop.ts';
import { startServer } from '../../server/server.ts';
import { type KeyPair, serverOptions } from '../../server/tls.ts';
import { freePort } from '../free_port.ts';
import { listenLocally } from '../listen.ts';
import { local, metadataOf, sampleKeys } from '../target.ts';
import { webApp } from './app.ts';
import { bankApi } from './bank_api.ts';
import { Planner } from './planner.ts';

/** The port whose redirect URI is registered in config/bank.yaml. */
export const defaultPort = 9445;

export interface WebOptions {
  /** 0 has the system choose one. */
  readonly port: number;
  /** The folder of this machine’s certificate. */
  readonly folder: string;
  readonly verbose: boolean;
  /** `path=value` over config/bank.yaml, for a provider that is started for this. */
  readonly set?: readonly string[];
}

export interface Web {
  /** The app. */
  readonly url: string;
  readonly issuer: string;
  readonly where: string;
  /** The certificate to trust. */
  readonly authority: string;
}

async function listen(server: Server, port: number, resources: Resources): Promise<string> {
  const listened = await listenLocally(server, { port, advice: 'write another --port' });
  resources.add(gracefulStop(server), (stop) => stop());
  return `https://127.0.0.1:${listened}`;
}

const bankFile = () => packageFile('config/bank.yaml');

/** The issuer of config/bank.yaml, where it runs and takes this app's callback. */
async function running({ port, set }: WebOptions): Promise<string | undefined> {
  if (port !== defaultPort || set) return undefined;
  const { issuer } = await loadConfig(bankFile());
  const { authorization_details_types_supported: types } = (await metadataOf(issuer)) ?? {};
  const fits =
    Array.isArray(types) && ['account_information', 'payment_initiation'].every((type) => types.includes(type));
  return fits ? issuer : undefined;
}

async function started(
  origin: string,
  { folder, verbose, set = [] }: WebOptions,
  resources: Resources,
): Promise<string> {
  const pair = JSON.stringify({ cert: resolve(folder, 'server.pem'), key: resolve(folder, 'server.pem') });
  const [port, mtlsPort] = [await freePort(), await freePort()];
  const config = await loadConfig(bankFile(), {
    set: [
      `issuer=https://localhost:${port}`,
      `listen.port=${port}`,
      `listen.tls=${pair}`,
      `mtls.port=${mtlsPort}`,
      `clients.0.redirect_uris=["${origin}/callback"]`,
      ...set,
    ],
  });
  if (!verbose) logTo(undefined);
  resources.add(await startServer(config), ({ close }) => close());
  return config.issuer;
}

async function serverMetadata(issuer: string, client_id: string, unverified: readonly string[]) {
  const fetch = httpsFetch({ unverified });
  const config = await openid.discovery(new URL(issuer), client_id, undefined, undefined, {
    [openid.customFetch]: fetch,
  });
  return config.serverMetadata();
}

/** Starts the app, the bank's own server, and a provider where none runs that knows accounts and payments. */
export async function startWeb(options: WebOptions, resources: Resources): Promise<Web> {
  const certificate = await developmentCertificate(options.folder, ['127.0.0.1']);
  const server = (pair: KeyPair) => createServer({ ...serverOptions(pair), requestTimeout: 30_000 });
  const [front, own] = [server(certificate), server(certificate)];
  const origin = await listen(front, options.port, resources);
  const bank = await listen(own, 0, resources);
  const found = await running(options);
  const issuer = found ?? (await started(origin, options, resources));
  const unverified = [...local(issuer), bank];
  const { clients } = await loadConfig(bankFile());
  const client_id = `${clients[0]?.client_id}`;
  const metadata = await serverMetadata(issuer, client_id, unverified);
  const api = bankApi({ issuer, jwks: `${metadata.jwks_uri}`, origin: bank, fetch: httpsFetch({ unverified }) });
  own.on('request', api.callback());
  const key = { key: await importPKCS8((await sampleKeys()).key, 'ES256'), kid: 'sample' };
  front.on('request', webApp(new Planner({ server: metadata, client_id, key, origin, bank, unverified })).callback());
  const where = found ? 'which is running' : 'started for this, in memory';
  return { url: origin, issuer, where, authority: certificate.authority };
}
