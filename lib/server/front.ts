import type { JWK } from 'jose';
import type { Middleware } from 'koa';

import type { Config } from '../config/load.ts';
import { developmentPage, triedPage } from '../front/development_page.ts';
import { front as frontOf } from '../front/front.ts';
import { frontPage, plainPage } from '../front/front_page.ts';
import { ownClientId } from '../front/own_client.ts';
import type { RecentRefusals } from '../front/recent_refusals.ts';
import { refusalsPage } from '../front/refusals_page.ts';
import { tryFlow } from '../front/try_flow.ts';
import type { Keys } from '../keys/keys.ts';
import { plainProfiles } from '../profiles/profiles.ts';
import { certificateFolder } from './development_certificate.ts';
import type { Extension } from './extension.ts';

/**
 * True for a development server that has a client of its own, with which it can be tried. There is none where the
 * client's algorithms or id cannot be had.
 */
export function hasOwnClient(
  { development, front_page, profile, algorithms, clients }: Config,
  { jwks }: Keys,
  own?: Extension['profile'],
): boolean {
  const signs = (jwks.keys as JWK[]).some(({ alg, crv }) => alg === 'ES256' || crv === 'P-256');
  const algorithmsFit = signs && ['ES256', 'Ed25519'].every((one) => (algorithms as readonly string[]).includes(one));
  const isFree = clients.every(({ client_id }) => client_id !== ownClientId);
  return (
    development &&
    front_page &&
    !own &&
    (plainProfiles as readonly string[]).includes(profile) &&
    algorithmsFit &&
    isFree
  );
}

/** The pages outside the protocol, and in development a flow to try. */
export function frontPages(
  config: Config,
  keys: Keys,
  recent: RecentRefusals,
  own?: Extension['profile'],
): Middleware[] {
  const { issuer, claims, development, front_page, client_assertion_lifetime, resource, mtls, database } = config;
  const front = frontOf(issuer, config.pages);
  const tries = hasOwnClient(config, keys, own);
  const folder = certificateFolder(database.url);
  const shown = development ? developmentPage(front, { config, recent, tries, folder }) : plainPage(front);
  const path = resource ? resource.path : undefined;
  return [
    frontPage(front, front_page ? shown : undefined),
    refusalsPage({ ...front, mtls: mtls?.url, client_assertion_lifetime }),
    ...(tries ? [tryFlow({ issuer, claims, keys, resource: path, show: triedPage(front) })] : []),
  ];
}
