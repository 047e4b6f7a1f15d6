import { randomUUID } from 'node:crypto';

import type { RegisteredClient } from './registry.ts';

/** Metadata as somebody wrote it, valid or not. */
export type Members = Readonly<Record<string, unknown>>;

/** Metadata with an id, made here where the client brings none. */
export const withId = (metadata: Members): Members => ({
  ...metadata,
  client_id: metadata.client_id ?? randomUUID(),
});

/** The metadata, without what the registry adds. */
export const withoutNotes = ({ client_id_issued_at, disabled_at, ...metadata }: Members): Members => metadata;

/** Members the registry adds to metadata, where they are there. */
export function noted(client: Members): Pick<RegisteredClient, 'client_id_issued_at' | 'disabled_at'> {
  const notes = { client_id_issued_at: client.client_id_issued_at, disabled_at: client.disabled_at };
  return Object.fromEntries(Object.entries(notes).filter(([, value]) => Number.isInteger(value)));
}

/** The client a record of the trail is about. */
export const aboutOf = ({ client_id }: Members): { client?: string } =>
  typeof client_id === 'string' ? { client: client_id } : {};

/** Ids for a line that is read by people: the first ten. */
export function idsOf(ids: readonly string[]): string {
  const shown = ids.slice(0, 10).join(', ');
  return ids.length > 10 ? `${shown} and ${ids.length - 10} more` : shown;
}

/** Names of the metadata that are not what they were. */
export function differences(before: Members, after: Members): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])).sort();
}
