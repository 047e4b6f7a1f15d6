import type { X509Certificate } from 'node:crypto';
import { BlockList, isIP } from 'node:net';

import { AsnConvert } from '@peculiar/asn1-schema';
import { GeneralName, type GeneralSubtree } from '@peculiar/asn1-x509';

import { rdnsOf, valuesOf } from './distinguished_name.ts';
import { certificateFields } from './x509.ts';

/** The forms of names that are compared; a constraint on any other refuses the certificates that have such a name. */
const forms = ['directoryName', 'dNSName', 'rfc822Name', 'uniformResourceIdentifier', 'iPAddress'] as const;
const otherForms = ['otherName', 'x400Address', 'ediPartyName', 'registeredID'] as const;
type Form = (typeof forms)[number];
type AnyForm = Form | (typeof otherForms)[number];

/** A name of a certificate: RDNs for a directory name, text for the others. */
interface OwnName {
  readonly form: AnyForm;
  readonly text: string;
  readonly rdns: readonly string[];
}

// One chain may hold 100 kB of names, and a bundle of constraints beside them: OpenSSL sets a limit as well.
const maxComparisons = 1 << 16;

class Unsupported extends Error {}

const emailAddress = '1.2.840.113549.1.9.1';
const commonName = '2.5.4.3';
const hostName = /^(?=.{1,253}\.?$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)+\.?$/i;

const formOf = (name: GeneralName): AnyForm | undefined =>
  [...forms, ...otherForms].find((form) => name[form] !== undefined);

function ownName(name: GeneralName): OwnName[] {
  const form = formOf(name);
  if (!form) throw new Unsupported('a name of an unknown form');
  const { directoryName } = name;
  return [
    { form, text: typeof name[form] === 'string' ? name[form] : '', rdns: directoryName ? rdnsOf(directoryName) : [] },
  ];
}

/**
 * Every name of a certificate that a constraint may speak about. Mailboxes in the subject count as OpenSSL counts them, and
 * a common name that looks like a host where no alternative name is one.
 */
function namesOf(certificate: X509Certificate, isLeaf: boolean): OwnName[] {
  const { subject, subjectRdns, alternatives } = certificateFields(certificate);
  const plain = (form: Form, values: readonly string[]) => values.map((text): OwnName => ({ form, text, rdns: [] }));
  const hasHost = alternatives.some(({ dNSName }) => dNSName !== undefined);
  const hosts = isLeaf && !hasHost ? valuesOf(subject, commonName).filter((value) => hostName.test(value)) : [];
  return [
    ...(subjectRdns.length > 0 ? [{ form: 'directoryName' as const, text: '', rdns: subjectRdns }] : []),
    ...alternatives.flatMap(ownName),
    ...plain('rfc822Name', valuesOf(subject, emailAddress)),
    ...plain('dNSName', hosts),
  ];
}

const host = (name: string) => name.toLowerCase().replace(/\.$/, '');

/** `.example.com` stands for hosts below; of DNS names `example.com` does so as well, of mailboxes and URIs for itself alone. */
function isHostWithin(name: string, base: string, below: boolean): boolean {
  const [own, wanted] = [host(name), host(base)];
  if (wanted === '') return true;
  if (wanted.startsWith('.')) return own.endsWith(wanted) && own.length > wanted.length;
  return own === wanted || (below && own.endsWith(`.${wanted}`));
}

function isMailboxWithin(name: string, base: string): boolean {
  const [at, baseAt] = [name.lastIndexOf('@'), base.lastIndexOf('@')];
  if (at < 1) throw new Unsupported('a mailbox without @');
  if (baseAt > 0 && name.slice(0, at) !== base.slice(0, baseAt)) return false;
  return isHostWithin(name.slice(at + 1), base.slice(baseAt + 1), false);
}

/** RFC 5280 section 4.2.1.10: a URI that names no host refuses the certificate. */
function isUriWithin(name: string, base: string): boolean {
  const [, own = ''] =
    /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@\\]*@)?([^/?#@:[\]\\\s]+)(?::\d*)?(?:[/?#]|$)/i.exec(name) ?? [];
  if (!hostName.test(own) || isIP(own) > 0) throw new Unsupported('a URI without a host name');
  return isHostWithin(own, base, false);
}

function isAddressWithin(name: string, base: string, der: Buffer): boolean {
  // The reader makes an address and a number of bits of it: a mask with holes would come out as another one.
  const bytes = Buffer.from(AsnConvert.serialize(new GeneralName({ iPAddress: base }))).subarray(2);
  const [address = '', bits = ''] = base.split('/');
  if (!bits || isIP(address) === 0 || !der.includes(bytes))
    throw new Unsupported('a constraint with a mask that has holes');
  const family = (text: string) => (isIP(text) === 6 ? 'ipv6' : 'ipv4');
  if (isIP(name) === 0) throw new Unsupported('an address that is none');
  // BlockList takes ::ffff:10.0.0.1 for 10.0.0.1; here they are names of different forms.
  if (isIP(name) !== isIP(address)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family(address));
  return list.check(name, family(name));
}

function isWithin({ form, text, rdns }: OwnName, { base, minimum, maximum }: GeneralSubtree, der: Buffer): boolean {
  if (minimum !== 0 || maximum !== undefined) throw new Unsupported('a constraint with minimum or maximum');
  switch (form) {
    case 'directoryName': {
      const wanted = base.directoryName ? rdnsOf(base.directoryName) : [];
      return wanted.every((rdn, index) => rdn === rdns[index]);
    }
    case 'dNSName':
      return isHostWithin(text, `${base.dNSName}`, true);
    case 'rfc822Name':
      return isMailboxWithin(text, `${base.rfc822Name}`);
    case 'uniformResourceIdentifier':
      return isUriWithin(text, `${base.uniformResourceIdentifier}`);
    case 'iPAddress':
      return isAddressWithin(text, `${base.iPAddress}`, der);
    default:
      throw new Unsupported(`a constraint on a name of the form ${form}`);
  }
}

const shown = ({ form, text }: OwnName) => (text ? `${form} ${text}` : form);

function outside(names: readonly OwnName[], issuer: X509Certificate): string | undefined {
  const { nameConstraints } = certificateFields(issuer);
  if (!nameConstraints) return undefined;
  const { value, der } = nameConstraints;
  const [permitted, excluded] = [[...(value.permittedSubtrees ?? [])], [...(value.excludedSubtrees ?? [])]];
  if (names.length * (permitted.length + excluded.length) > maxComparisons)
    throw new Unsupported('too many names to compare');
  for (const name of names) {
    const of = (subtrees: readonly GeneralSubtree[]) => subtrees.filter(({ base }) => formOf(base) === name.form);
    if (of(excluded).some((subtree) => isWithin(name, subtree, der))) return `${shown(name)} is excluded`;
    const allowed = of(permitted);
    if (allowed.length > 0 && !allowed.some((subtree) => isWithin(name, subtree, der))) {
      return `${shown(name)} is not permitted`;
    }
  }
  return undefined;
}

/**
 * The name constraint that a path breaks, in words; `undefined` when it keeps all of them, critical or not.
 *
 * @param path certificates from the anchor, which comes first, to the client's.
 * @see [RFC 5280 section 4.2.1.10 - Name Constraints](https://www.rfc-editor.org/rfc/rfc5280.html#section-4.2.1.10)
 */
export function brokenNameConstraint(path: readonly X509Certificate[]): string | undefined {
  const issuers = path.filter((certificate) => certificateFields(certificate).nameConstraints);
  for (const [index, certificate] of path.entries()) {
    const above = issuers.filter((issuer) => path.indexOf(issuer) < index);
    const isLeaf = index === path.length - 1;
    if (above.length === 0 || (certificateFields(certificate).isSelfIssued && !isLeaf)) continue;
    for (const issuer of above) {
      try {
        const broken = outside(namesOf(certificate, isLeaf), issuer);
        if (broken) return `${broken} by the name constraints of its authority`;
      } catch (error) {
        if (error instanceof Unsupported) return `name constraints of its authority cannot be judged: ${error.message}`;
        throw error;
      }
    }
  }
  return undefined;
}
