import type { ClientMetadata } from 'oidc-provider';
import { z } from 'zod';

import { clientMetadata } from '../config/client_metadata.ts';
import { explain, type KeyFault } from '../config/explain.ts';
import { isSampleJwk, publicKnowledge } from '../config/sample.ts';
import type { Violation } from '../errors.ts';

/** Lists every way in which a client is outside the profile, or refused by core; paths are relative to the client. */
export type JudgeClient = (metadata: ClientMetadata) => readonly Violation[];

const schema = z.strictObject({ clients: z.array(clientMetadata) });

const clientOf = ({ path }: KeyFault) => path[1];

/** Finds keys of `config/sample` among a client's, which everybody has. */
function sampleKeys({ jwks }: ClientMetadata): Violation[] {
  return (jwks?.keys ?? []).flatMap((jwk, index) =>
    isSampleJwk(jwk) ? [{ path: ['jwks', 'keys', index], text: publicKnowledge }] : [],
  );
}

/**
 * Everything that is wrong with clients, in one run: names and types of their metadata, ids that stand twice, and what
 * is outside the profile.
 *
 * @returns findings whose paths begin with `clients` and the number of the client.
 */
export function clientFindings(
  clients: readonly unknown[],
  judge: JudgeClient,
  { development = false }: { readonly development?: boolean } = {},
): KeyFault[] {
  const { error } = schema.safeParse({ clients });
  const findings = error ? explain(error.issues, { clients }) : [];
  const malformed = new Set(findings.map(clientOf));
  const seen = new Map<unknown, number>();
  for (const [index, client] of clients.entries()) {
    if (malformed.has(index)) continue;
    // The schema has said that it is one.
    const metadata = client as ClientMetadata;
    const violations = [...judge(metadata), ...(development ? [] : sampleKeys(metadata))];
    findings.push(...violations.map(({ path = [], ...found }) => ({ ...found, path: ['clients', index, ...path] })));
    const earlier = seen.get(metadata.client_id);
    if (earlier === undefined) seen.set(metadata.client_id, index);
    else findings.push({ path: ['clients', index, 'client_id'], text: `is that of client ${earlier} as well` });
  }
  return findings;
}
