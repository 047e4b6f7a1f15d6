type Document = Readonly<Record<string, unknown>>;

/** Demands are made of everybody only when they are made of both kinds of clients; what is supported is supported for some. */
function both(name: string, own: unknown, other: unknown): unknown {
  if (Array.isArray(own) && Array.isArray(other)) return [...new Set([...own, ...other])];
  if (name.startsWith('require_')) return own === true && other === true;
  if (typeof own === 'boolean' || typeof other === 'boolean') return own === true || other === true;
  return own ?? other;
}

/** Metadata of a server that serves two kinds of clients: neither is told of less than is there for it. */
export function metadataOfBoth(own: Document, other: Document): Document {
  const names = [...new Set([...Object.keys(own), ...Object.keys(other)])];
  return Object.fromEntries(names.map((name) => [name, both(name, own[name], other[name])]));
}

/** The public keys of both providers. */
export function keysOfBoth(own: { keys: object[] }, other: { keys: object[] }): { keys: object[] } {
  const known = new Set(own.keys.map((key) => JSON.stringify(key)));
  return { keys: [...own.keys, ...other.keys.filter((key) => !known.has(JSON.stringify(key)))] };
}
