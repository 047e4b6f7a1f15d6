import { clauseUrl } from '../clause.ts';
import { type ClientFile, readClientFile } from '../clients/client_file.ts';
import { UsageError } from '../errors.ts';
import { clientProbes } from './client_probes.ts';
import type { Probe } from './probe.ts';
import { probes } from './probes.ts';
import type { ClauseReport, Report } from './report.ts';
import { TooManyRequests, Wire } from './wire.ts';

export interface OutsideOptions {
  readonly issuer: string;
  /** A file with a client to try the provider with. */
  readonly client?: string | undefined;
  /** PEM file of the provider's certificate authority. */
  readonly ca?: string | undefined;
  say(text: string): void;
}

async function discover(issuer: string, wire: Wire): Promise<Readonly<Record<string, unknown>>> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  for (const url of [
    `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]) {
    const { status, body } = await wire.ask(url).catch((error: Error) => {
      throw new UsageError(`${issuer} cannot be asked: ${error.message}`);
    });
    if (status === 200 && typeof body.issuer === 'string') return body;
  }
  throw new UsageError(`${issuer} has no metadata document (RFC 8414, OpenID Connect Discovery)`);
}

async function tried<T>(probe: Probe<T>, target: T): Promise<ClauseReport> {
  const { clause, text } = probe;
  const about = { clause, text, url: clauseUrl(clause), by: 'the provider, as seen from outside' };
  try {
    const found = await probe.run(target);
    if (found === true) return { ...about, status: 'held' };
    if (found === undefined) return { ...about, status: 'not_applicable', why: 'cannot be said from outside' };
    return { ...about, status: 'violated', why: found };
  } catch (error) {
    if (error instanceof TooManyRequests) throw error;
    return { ...about, status: 'not_applicable', why: `could not be tried: ${(error as Error).message}` };
  }
}

/**
 * Looks at a provider of any make from outside, clause by clause.
 *
 * @throws {UsageError} where there is no provider, or the client cannot be read.
 */
export async function outsideReport({ issuer, client: file, ca, say }: OutsideOptions): Promise<Report> {
  if (!/^https:\/\//.test(issuer)) throw new UsageError(`${issuer} is no https address`);
  const client: ClientFile | undefined = file === undefined ? undefined : await readClientFile(file);
  const wire = await Wire.open(ca);
  const planned = [...probes, ...(client ? clientProbes : [])].reduce((sum, { requests }) => sum + requests, 2);
  say(`${issuer}: about ${planned} requests, one after the other; it ends at the first 429`);
  const clauses: ClauseReport[] = [];
  const metadata = await discover(issuer, wire);
  try {
    for (const probe of probes) clauses.push(await tried(probe, { issuer, metadata, wire }));
    const target = client && { issuer, metadata, wire: await Wire.open(ca, client.tls), client };
    if (target) for (const probe of clientProbes) clauses.push(await tried(probe, target));
  } catch (error) {
    if (!(error instanceof TooManyRequests)) throw error;
    say(error.message);
  }
  return { file: issuer, issuer, profile: 'FAPI 2.0 Security Profile', clauses, problems: [] };
}
