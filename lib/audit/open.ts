import type { JWK } from 'jose';
import { pino } from 'pino';
import type { z } from 'zod';

import { makeSigningKey } from '../keys/keys.ts';
import type { KnexAdapterFactory } from '../store/adapter.ts';
import type { Store } from '../store/store.ts';
import { Audit } from './audit.ts';
import type { Link } from './chain.ts';
import { signer } from './checkpoint.ts';
import type { auditSettings } from './settings.ts';

/** The secrets of a database's trail. */
export interface AuditKeys {
  /** Private key that signs checkpoints. */
  readonly signing: JWK;
  readonly secret: Buffer;
}

/** Reads the trail's own keys, or makes them the first time. */
export async function auditKeys({ kept }: Pick<KnexAdapterFactory, 'kept'>): Promise<AuditKeys> {
  const [signing, secret] = await Promise.all([
    kept('audit_signing_key', () => makeSigningKey('ES256')),
    kept('audit_secret', () => crypto.getRandomValues(Buffer.alloc(32)).toString('base64url')),
  ]);
  return { signing, secret: Buffer.from(secret, 'base64url') };
}

/** The half of a key that verifies. */
export function publicOf({ d, ...key }: JWK): JWK {
  return key;
}

/** Ends of chains as the processes of the fleet noted them with their last heartbeat. */
export async function notedEnds(store: Store): Promise<Link[]> {
  const table = store.table.replace('oidc_payloads', 'oidc_nodes');
  const { rows } = await store.knex.raw(`select chains from ${table} where chains is not null`);
  return (rows as { chains: string }[]).flatMap(({ chains }) => JSON.parse(chains) as Link[]);
}

/** Begins this process's part of the trail; `undefined` where the settings want none. */
export async function openAudit(
  adapter: KnexAdapterFactory,
  { database, file }: z.output<typeof auditSettings>,
): Promise<Audit | undefined> {
  if (!database && file === undefined) return undefined;
  const { signing, secret } = await auditKeys(adapter);
  const lines =
    file === undefined ? undefined : pino.destination({ dest: file, append: true, mode: 0o600, sync: false });
  return new Audit(adapter.store, {
    database,
    sign: signer(signing),
    secret,
    known: await notedEnds(adapter.store),
    lines,
  });
}
