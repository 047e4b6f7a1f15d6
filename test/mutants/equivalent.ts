/** A fault that no test can find. */
export interface Equivalent {
  readonly file: string;
  /** Stands on the line on which the code begins. */
  readonly on: string;
  /** The code that is replaced. */
  readonly code: string;
  /** Stryker's replacements of exactly this code. */
  readonly faults: readonly string[];
  readonly because: string;
}

const other = '"Stryker was here!"';
const others = '["Stryker was here"]';

const always = 'the group takes part in every match: the default is for the type alone';
const firstUnread = 'the first element is not read';
const anyError = 'whatever is thrown there is an Error';
const never = 'there is always one: the question mark is for the type alone';
const sooner = 'it is only done again, and takes longer';
const isSix = "Node's BlockList takes whatever is not ipv4 for ipv6";

export const equivalent: readonly Equivalent[] = [
  {
    file: 'lib/certificates/certificate_headers.ts',
    on: "const [, key = '', quoted = ''] = pair.exec(value) ?? [];",
    ...{ code: "''", faults: [other], because: always },
  },
  {
    file: 'lib/certificates/certificate_headers.ts',
    on: "const [, key = '', quoted = ''] = pair.exec(value) ?? [];",
    ...{ code: '[]', faults: [others], because: firstUnread },
  },
  {
    file: 'lib/certificates/certificate_headers.ts',
    on: "pairs.set(name, quoted.startsWith('\"') ? quoted.slice(1, -1) : quoted);",
    ...{ code: "quoted.startsWith('\"')", faults: ["quoted.endsWith('\"')"] },
    because: 'the expression above takes quotation marks at both ends, or none',
  },
  {
    file: 'lib/certificates/certification_path.ts',
    on: 'known.set(subject, of.set(issuer, answer));',
    ...{ code: 'known.set(subject, of.set(issuer, answer));', faults: [';'], because: sooner },
  },
  {
    file: 'lib/certificates/certification_path.ts',
    on: '} catch {',
    ...{ code: '{\n    return false;\n  }', faults: ['{}'] },
    because: 'no key is known of which Node makes a certificate and then throws',
  },
  {
    file: 'lib/certificates/certification_path.ts',
    on: 'return false;',
    ...{ code: 'false', faults: ['true'] },
    because: 'no key is known of which Node makes a certificate and then throws',
  },
  {
    file: 'lib/certificates/client_certificate.ts',
    on: "error.message : 'unknown'",
    ...{ code: "'unknown'", faults: ['""'], because: anyError },
  },
  {
    file: 'lib/certificates/defect.ts',
    on: "weakHashes.includes(hashAlgorithm ?? '')",
    ...{ code: "''", faults: [other], because: 'no hash has either name' },
  },
  {
    file: 'lib/certificates/pem.ts',
    on: "const blocks = [...lines.matchAll(block)].map(({ 1: label = '', 2: body = '', index }) => ({",
    ...{ code: "''", faults: [other], because: always },
  },
  {
    file: 'lib/certificates/distinguished_name.ts',
    on: "value.normalize('NFKC')",
    code: "value.normalize('NFKC').toLowerCase()",
    faults: ["value.normalize('NFKC').toUpperCase()"],
    because: 'one case or the other: both sides are spelt alike',
  },
  {
    file: 'lib/certificates/distinguished_name.ts',
    on: 'names.at(-1)?.push([])',
    ...{ code: 'names.at(-1)?.push', faults: ['names.at(-1).push'], because: never },
  },
  {
    file: 'lib/certificates/distinguished_name.ts',
    on: 'names.at(-1)?.at(-1)?.push(piece)',
    ...{ code: 'names.at(-1)?.at(-1)?.push', faults: ['names.at(-1)?.at(-1).push'], because: never },
  },
  {
    file: 'lib/certificates/distinguished_name.ts',
    on: 'names.at(-1)?.at(-1)?.push(piece)',
    ...{ code: 'names.at(-1)?.at', faults: ['names.at(-1).at'], because: never },
  },
  {
    file: 'lib/http/address.ts',
    on: "loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');",
    ...{ code: "'ipv6'", faults: ['""'], because: isSix },
  },
  {
    file: 'lib/http/address.ts',
    on: "export const isLocalHost = (header: string | undefined): boolean => isLocal((header ?? '').replace(/:\\d+$/, ''));",
    ...{ code: "''", faults: [other], because: 'neither is a host of this machine' },
  },
  {
    file: 'lib/http/address.ts',
    on: 'export const urlHost',
    ...{ code: '/%.*$/', faults: ['/%.*/'], because: 'an address has no line ends' },
  },
  {
    file: 'lib/http/forwarded.ts',
    on: 'const [, bracketed, v4] = /^\\[([^\\]]+)\\](?::\\d{1,5})?$|^([\\d.]+):\\d{1,5}$/.exec(plain) ?? [];',
    ...{ code: '[]', faults: [others], because: firstUnread },
  },
  {
    file: 'lib/http/forwarded.ts',
    on: "const [, high = '', low = ''] = /^::ffff:([\\da-f]+):([\\da-f]+)$/.exec(canonical) ?? [];",
    ...{ code: '[]', faults: [others], because: firstUnread },
  },
  {
    file: 'lib/http/forwarded.ts',
    on: "const [, high = '', low = ''] = /^::ffff:([\\da-f]+):([\\da-f]+)$/.exec(canonical) ?? [];",
    ...{ code: "''", faults: [other], because: always },
  },
  {
    file: 'lib/http/forwarded.ts',
    on: "return address !== undefined && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');",
    ...{ code: "'ipv6'", faults: ['""'], because: isSix },
  },
  {
    file: 'lib/http/forwarded.ts',
    on: 'for (const name of names) if (req.headers[name] !== undefined) delete req.headers[name];',
    ...{ code: 'req.headers[name] !== undefined', faults: ['true'], because: sooner },
  },
  {
    file: 'lib/http/forwarded.ts',
    on: 'known.set(socket, answer);',
    ...{ code: 'known.set(socket, answer);', faults: [';'], because: sooner },
  },
  {
    file: 'lib/http/forwarded.ts',
    on: 'if (!value) continue;',
    ...{ code: '!value', faults: ['false'], because: 'an empty header is removed below' },
  },
  {
    file: 'lib/http/forwarded.ts',
    on: "const last = (list: string) => list.slice(list.lastIndexOf(',') + 1).trim();",
    code: "list.slice(list.lastIndexOf(',') + 1).trim()",
    faults: ["list.slice(list.lastIndexOf(',') + 1)"],
    because: 'Koa leaves out the spaces as well',
  },
  {
    file: 'lib/http/host.ts',
    on: "return url?.protocol === 'https:' && !url.username && !url.password ? url.host : '';",
    ...{ code: "''", faults: [other], because: 'neither is a name of this server' },
  },
  {
    file: 'lib/http/mount.ts',
    on: "const url = req.url ?? '/';",
    ...{ code: "'/'", faults: ['""'], because: 'neither is under the path' },
  },
  {
    file: 'lib/http/mount.ts',
    on: "const [pathname = ''] = url.split('?', 1);",
    ...{ code: "''", faults: [other], because: 'a split has a first element' },
  },
  {
    file: 'lib/http/networks.ts',
    on: 'madeInner ??= ranges(inner);',
    ...{ code: 'madeInner ??= ranges(inner)', faults: ['madeInner &&= ranges(inner)'] },
    because: 'the process has made it for a test before',
  },
  {
    file: 'lib/http/networks.ts',
    on: "const [address = '', prefix] = range.split('/');",
    ...{ code: "''", faults: [other], because: 'a split has a first element' },
  },
  {
    file: 'lib/http/networks.ts',
    on: "const isRange = (entry: string) => isIP(entry.split('/')[0] ?? '') > 0;",
    ...{ code: "''", faults: [other], because: 'a split has a first element' },
  },
  {
    file: 'lib/http/networks.ts',
    on: 'export function reachable(allow: readonly string[] = []): Reachable {',
    ...{ code: '[]', faults: [others], because: 'no host has that name' },
  },
  {
    file: 'lib/http/single_headers.ts',
    on: 'const seen: string[] = [];',
    ...{ code: '[]', faults: [others], because: 'no header has that name' },
  },
  {
    file: 'lib/http/single_headers.ts',
    on: 'at < rawHeaders.length',
    ...{
      code: 'at < rawHeaders.length',
      faults: ['at <= rawHeaders.length'],
      because: 'nothing stands behind the last',
    },
  },
  {
    file: 'lib/http/single_headers.ts',
    on: 'rawHeaders[at]?.toLowerCase()',
    ...{ code: 'rawHeaders[at]?.toLowerCase', faults: ['rawHeaders[at].toLowerCase'], because: never },
  },
  {
    file: 'lib/http/single_headers.ts',
    on: 'rawHeaders[at]?.toLowerCase()',
    ...{ code: "''", faults: [other], because: never },
  },
  {
    file: 'lib/http/post_to_get.ts',
    on: "flatMap(([name, value = ''])",
    ...{ code: "''", faults: [other], because: 'a field that was read has a value' },
  },
];
