import { BlockList, isIP } from 'node:net';

import { bareHost } from './address.ts';

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/**
 * Networks that are no part of the public Internet, and those that carry an IPv4 address inside of an IPv6 one.
 *
 * @see [IANA IPv4 Special-Purpose Address Registry](https://www.iana.org/assignments/iana-ipv4-special-registry)
 * @see [IANA IPv6 Special-Purpose Address Registry](https://www.iana.org/assignments/iana-ipv6-special-registry)
 */
const inner = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/63',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '2620:4f:8000::/48',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/9',
  'ff00::/8',
];

let madeInner: BlockList | undefined;
/** The networks of `inner`, made when the first address is judged: most processes never judge one. */
const innerRanges = (): BlockList => {
  madeInner ??= ranges(inner);
  return madeInner;
};

/** A list of `10.0.0.0/8`, `fd00::/8` or single addresses. It knows that ::ffff:10.0.0.1 is 10.0.0.1. */
export function ranges(written: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of written) {
    const [address = '', prefix] = range.split('/');
    const family = familyOf(address);
    list.addSubnet(address, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family);
  }
  return list;
}

const plainName = (host: string) => host.toLowerCase().replace(/\.$/, '');

/** The addresses and hosts that requests of our own may go to. */
export interface Reachable {
  /** True for an address that may be connected to. */
  address(address: string): boolean;
  /** True for a host, as it stands in a URL, that was named: whatever address it has may be connected to. */
  named(host: string): boolean;
  /** The reason why a host will never be reached, where its name alone says so. */
  refused(host: string): string | undefined;
}

/**
 * Answers which hosts may be reached: those of the public Internet, and of other networks those that are named.
 *
 * @param allow ranges of addresses, host names, and `*.example.com` for every name below example.com.
 */
export function reachable(allow: readonly string[] = []): Reachable {
  const isRange = (entry: string) => isIP(entry.split('/')[0] ?? '') > 0;
  const allowed = ranges(allow.filter(isRange));
  const names = allow.filter((entry) => !isRange(entry)).map(plainName);
  const address = (found: string) =>
    isIP(found) > 0 && (allowed.check(found, familyOf(found)) || !innerRanges().check(found, familyOf(found)));
  const named = (host: string) => {
    const name = plainName(host);
    return names.some((known) => (known.startsWith('*.') ? name.endsWith(known.slice(1)) : name === known));
  };
  return {
    address,
    named,
    refused(host) {
      const bare = bareHost(host);
      if (named(bare)) return undefined;
      const inside = isIP(bare) > 0 ? !address(bare) : isInsideName(bare) && !['127.0.0.1', '::1'].some(address);
      return inside ? `${bare} is inside, and outbound.allow does not name it` : undefined;
    },
  };
}

/** True for a name of this machine, which no name server is asked for (RFC 6761 section 6.3). */
const isInsideName = (host: string) => /(^|\.)localhost$/.test(plainName(host));
