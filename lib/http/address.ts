import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** True for an address of this machine that no other machine reaches. */
const isLoopback = (address: string): boolean => loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/**
 * True for a host of this machine that no other machine reaches: a name as it is written, or an address, with or
 * without brackets.
 */
export const isLocal = (host: string): boolean =>
  /^(localhost|.*\.localhost|ip6-localhost)$/i.test(host) || isLoopback(bareHost(host));

/**
 * True for a Host header with a name that leads to this machine alone. Somebody else may have another name lead here.
 */
export const isLocalHost = (header: string | undefined): boolean => isLocal((header ?? '').replace(/:\d+$/, ''));

/** A host as it stands in a URL: an IPv6 address in brackets, without a zone, which has a meaning on one machine only. */
export const urlHost = (host: string): string => (isIP(host) === 6 ? `[${host.replace(/%.*$/, '')}]` : host);

/** A host as sockets and certificates take it: an IPv6 address without the brackets of a URL. */
export const bareHost = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');
