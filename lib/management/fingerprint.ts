import { hash } from 'node:crypto';

/** A value with the keys of its objects in one order, so that two equal values are written alike. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, member]) => [name, canonical(member)]),
  );
}

/** A hash of a value in 16 characters, to compare it by. It tells nothing else of the value, which may hold keys. */
export const fingerprint = (value: unknown): string =>
  hash('sha256', `node ${JSON.stringify(canonical(value) ?? null)}`).slice(0, 16);

/** Parts of a configuration that may differ between processes: where each listens, and names of its files. */
const own = ['listen', 'proxy', 'management', 'shutdown', 'workers', 'log', 'database', 'extend', 'audit', 'keys'];

/** A fingerprint of each part of a configuration that all processes of a fleet have to share, by its key in the file. */
export function fingerprints(config: Readonly<Record<string, unknown>>): Record<string, string> {
  const parts = Object.entries(config).filter(([name, part]) => !own.includes(name) && part !== undefined);
  return Object.fromEntries(
    parts.map(([name, part]) => {
      // Of mutual TLS the authorities and addresses that clients see count, not where the files are.
      const { url, host } = part as { url?: string; host?: string };
      return [name, fingerprint(name === 'mtls' ? { url, host } : part)];
    }),
  );
}
