import { readFile } from 'node:fs/promises';

import { readClientFile } from '../clients/client_file.ts';
import { UsageError } from '../errors.ts';
import type { Resources } from '../resources.ts';
import { ownClient, sampleClient, type Ways } from './client.ts';
import { type OwnBrowserOptions, ownBrowser } from './own_browser.ts';
import { ownVisitor, type Scene, sampleResource, scriptedVisitor } from './scene.ts';
import { findTarget, foreignTarget, type Target, type TargetOptions } from './target.ts';

/** The provider, the client and the person of one flow. */
export interface Cast extends Pick<Scene, 'client' | 'visitor'> {
  readonly target: Target;
  readonly resource: URL | undefined;
  /** The file the client is written in. */
  readonly file: string;
}

/** A provider of config/development.yaml, its sample client and its account. */
export async function ownCast(options: TargetOptions, ways: Ways, resources: Resources): Promise<Cast> {
  const target = await findTarget(options, resources);
  const client = await sampleClient(target, ways);
  const visitor = scriptedVisitor(target, client);
  return { target, client, visitor, resource: sampleResource(target, client), file: 'config/development.yaml' };
}

interface ForeignOptions {
  readonly issuer?: string;
  readonly client?: string;
  readonly ca?: string;
}

const unreadable = (file: string) => (error: Error) => {
  throw new UsageError(`${file} cannot be read: ${error.message}`);
};

/**
 * A provider of any make, a client of it by its file, and a person with a browser of their own.
 *
 * @throws {UsageError} for a file that cannot be read, and for a client without its provider.
 * @throws {OperationalError} when nobody answers at the issuer, or nothing can listen at the redirect URI.
 */
export async function foreignCast(
  { issuer, client: file = '', ca: authority }: ForeignOptions,
  ways: Ways,
  resources: Resources,
  person: OwnBrowserOptions,
): Promise<Cast> {
  if (!issuer) throw new UsageError('--client is of a provider: add its --issuer');
  const own = await readClientFile(file);
  const ca = authority && (await readFile(authority, 'utf8').catch(unreadable(authority)));
  const target = await foreignTarget(issuer.replace(/\/$/, ''), ca);
  const browser = await ownBrowser(own.redirect_uri, person, resources);
  const client = await ownClient(target, ways, own, browser.redirectUri, ca);
  const resource = own.resource ? new URL(own.resource) : undefined;
  return { target, client, visitor: ownVisitor(browser, client), resource, file };
}
