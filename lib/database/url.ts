import { isLocal } from '../http/address.ts';

/** Schemes that are taken for a database. */
const SCHEME = /^postgres(ql)?:\/\//i;

/** The fault of a URL with another scheme. */
export const noDatabase = 'names no database, write pglite:./data, pglite: (in memory) or postgres://...';

const encode = (characters: string, code: string) =>
  `has a raw ${characters} in its user or password, write ${code} instead`;

/** Says why a URL names no database that can be reached, and what to write; never quotes the URL, which has a password in it. */
export function databaseUrlFault(url: string): string | undefined {
  if (url.startsWith('pglite:')) return undefined;
  if (!SCHEME.test(url)) return noDatabase;
  const rest = url.replace(SCHEME, '');
  if (/\s/.test(rest)) return 'has a space in it, write %20 instead';
  if (rest.includes('#')) return encode('#', '%23');
  const [authority = ''] = rest.split(/[/?]/, 1);
  if (/^[^?]*@/.test(rest.slice(authority.length)) || /^\?.*@/.test(rest.slice(authority.length))) {
    return encode(rest[authority.length] ?? '/', rest[authority.length] === '?' ? '%3F' : '%2F');
  }
  const at = authority.lastIndexOf('@');
  if (authority.slice(at + 1).includes(',')) {
    return 'names several hosts, write one: a name or a proxy that leads to the server that takes writes';
  }
  return undecodable(authority.slice(0, Math.max(0, at)), url);
}

function undecodable(credentials: string, url: string): string | undefined {
  try {
    decodeURIComponent(credentials);
  } catch {
    return encode('%', '%25');
  }
  // pg reads a URL without a host, and takes the socket or the host from its parameters.
  if (URL.canParse(url) || URL.canParse(url.replace('@/', '@host/'))) return undefined;
  return 'is not a URL, write postgres://user:password@host:5432/name, each part percent-encoded';
}

/** Answers true for a server on another machine that is reached without TLS, though no parameter says so by name. */
export function isInTheClear(url: string): boolean {
  if (!SCHEME.test(url) || databaseUrlFault(url)) return false;
  const { hostname, searchParams } = new URL(url.replace('@/', '@localhost/'));
  const host = searchParams.get('host') ?? decodeURIComponent(hostname);
  const isHere = host === '' || host.startsWith('/') || isLocal(host);
  const says = ['sslmode', 'ssl', 'sslrootcert', 'sslcert', 'sslkey'].some((name) => searchParams.has(name));
  return !isHere && !says;
}
