type Document = Readonly<Record<string, unknown>>;

/**
 * A member of the metadata for both kinds of clients: a demand where it is made of both, and everything that is
 * supported for one of them.
 */
function both(name: string, own: unknown, other: unknown): unknown {
  if (Array.isArray(own) && Array.isArray(other)) return [...new Set([...own, ...other])];
  if (name.startsWith('require_')) return own === true && other === true;
  if (typeof own === 'boolean' || typeof other === 'boolean') return own === true || other === true;
  return own ?? other;
}

/** The metadata of a server that serves two kinds of clients, with everything there is for each of them. */
export function metadataOfBoth(own: Document, other: Document): Document {
  const names = [...new Set([...Object.keys(own), ...Object.keys(other)])];
  return Object.fromEntries(names.map((name) => [name, both(name, own[name], other[name])]));
}

/** The public keys of both providers. */
export function keysOfBoth(own: { keys: object[] }, other: { keys: object[] }): { keys: object[] } {
  const known = new Set(own.keys.map((key) => JSON.stringify(key)));
  return { keys: [...own.keys, ...other.keys.filter((key) => !known.has(JSON.stringify(key)))] };
}
