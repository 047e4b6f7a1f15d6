import { constants, type KeyObject, verify } from 'node:crypto';

import { RsaSaPssParams } from '@peculiar/asn1-rsa';
import { AsnConvert } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';

/** How a certificate or a revocation list is signed. */
export interface SignatureAlgorithm {
  /** `null` where the algorithm has its own (Ed25519, Ed448). */
  readonly hash: string | null;
  /** Bytes of salt; RSASSA-PSS only. */
  readonly saltLength?: number;
}

const algorithms: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
  '1.3.101.113': null,
};
const pss = '1.2.840.113549.1.1.10';
const hashes: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/**
 * Reads the parameters of RSASSA-PSS (RFC 4055 section 3.1). Those that are left out stand for SHA-1, which is not in
 * use; the mask has to be made with the hash of the message.
 */
function pssAlgorithm(parameters: ArrayBuffer | null | undefined): SignatureAlgorithm | undefined {
  if (!parameters) return undefined;
  const { hashAlgorithm, maskGenAlgorithm, saltLength } = AsnConvert.parse(parameters, RsaSaPssParams);
  const hash = hashes[hashAlgorithm.algorithm];
  const mask = AsnConvert.parse(maskGenAlgorithm.parameters ?? new ArrayBuffer(0), AlgorithmIdentifier);
  return hash && hashes[mask.algorithm] === hash ? { hash, saltLength } : undefined;
}

/**
 * The algorithm an identifier names when it is one of those in use today; `undefined` for MD5, SHA-1, what is unknown and
 * parameters that cannot be read.
 *
 * @see [RFC 4055 section 3 - RSASSA-PSS Public Keys](https://www.rfc-editor.org/rfc/rfc4055.html#section-3)
 */
export function signatureAlgorithm({ algorithm, parameters }: AlgorithmIdentifier): SignatureAlgorithm | undefined {
  try {
    if (algorithm === pss) return pssAlgorithm(parameters);
  } catch {
    return undefined;
  }
  const hash = algorithms[algorithm];
  return hash === undefined ? undefined : { hash };
}

/** Verifies that a key made a signature; never throws, since both may come from a stranger. */
export function isSignedBy(
  key: KeyObject,
  identifier: AlgorithmIdentifier,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const how = signatureAlgorithm(identifier);
  if (!how) return false;
  const { hash, saltLength } = how;
  const padding = saltLength === undefined ? {} : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  try {
    return verify(hash, data, { key, ...padding }, signature);
  } catch {
    return false;
  }
}
