import { createHmac, hash, randomBytes, type X509Certificate } from 'node:crypto';

import { ContentInfo, id_data } from '@peculiar/asn1-cms';
import {
  AuthenticatedSafe,
  CertBag,
  id_certBag,
  id_x509Certificate,
  MacData,
  PFX,
  PKCS12Attribute,
  SafeBag,
  SafeContents,
} from '@peculiar/asn1-pfx';
import { DigestInfo } from '@peculiar/asn1-rsa';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';

/** The attribute with which Java takes a certificate of a PKCS #12 file for a trust anchor. */
const javaTrustedKeyUsage = '2.16.840.1.113894.746875.1.1';
const friendlyName = '1.2.840.113549.1.9.20';
const anyExtendedKeyUsage = Buffer.from('0604551d2500', 'hex');
const sha256 = '2.16.840.1.101.3.4.2.1';
/**
 * Iterations of the key derivation: as few as RFC 7292 recommends, since the password is public and each costs time at
 * a first start.
 */
const iterations = 1024;

/** DER's BMPString: UTF-16, big endian. */
const bmp = (text: string) => Buffer.from(text, 'utf16le').swap16();

function repeated(bytes: Buffer): Buffer {
  return Buffer.alloc(64 * Math.ceil(bytes.length / 64), bytes);
}

/**
 * The key of the file's HMAC, made from its password.
 *
 * @see [RFC 7292 appendix B.2 - General Method](https://www.rfc-editor.org/rfc/rfc7292.html#appendix-B.2), one block of SHA-256
 */
function macKey(password: string, salt: Buffer): Buffer {
  let key = Buffer.concat([Buffer.alloc(64, 3), repeated(salt), repeated(bmp(`${password}\0`))]);
  for (let round = 0; round < iterations; round += 1) key = hash('sha256', key, 'buffer');
  return key;
}

const data = (content: ArrayBuffer | Uint8Array) =>
  new ContentInfo({ contentType: id_data, content: AsnConvert.serialize(new OctetString(content)) });

/** Makes an attribute by assignment: the constructor of its class drops what it is given. */
function attribute(attrId: string, value: Buffer): PKCS12Attribute {
  return Object.assign(new PKCS12Attribute(), { attrId, attrValues: [new Uint8Array(value).buffer] });
}

function bag(name: string, certificate: X509Certificate): SafeBag {
  const certValue = AsnConvert.serialize(new OctetString(certificate.raw));
  const text = bmp(name);
  return new SafeBag({
    bagId: id_certBag,
    bagValue: AsnConvert.serialize(new CertBag({ certId: id_x509Certificate, certValue })),
    bagAttributes: [
      attribute(friendlyName, Buffer.concat([Buffer.from([0x1e, text.length]), text])),
      attribute(javaTrustedKeyUsage, anyExtendedKeyUsage),
    ],
  });
}

/**
 * A PKCS #12 trust store that holds one certificate, as Java reads it (`javax.net.ssl.trustStore`). It holds nothing
 * secret; the password guards its integrity only.
 *
 * @param name the certificate's alias, at most 60 characters
 * @returns DER bytes
 * @see [RFC 7292 - PKCS #12](https://www.rfc-editor.org/rfc/rfc7292.html)
 */
export function trustStore(name: string, certificate: X509Certificate, password: string): Buffer {
  const contents = AsnConvert.serialize(new SafeContents([bag(name, certificate)]));
  const safe = AsnConvert.serialize(new AuthenticatedSafe([data(contents)]));
  const salt = randomBytes(20);
  const digest = createHmac('sha256', macKey(password, salt)).update(Buffer.from(safe)).digest();
  const pfx = new PFX({
    version: 3,
    authSafe: data(safe),
    macData: new MacData({
      mac: new DigestInfo({
        digestAlgorithm: new AlgorithmIdentifier({ algorithm: sha256, parameters: null }),
        digest: new OctetString(digest),
      }),
      macSalt: new OctetString(salt),
      iterations,
    }),
  });
  return Buffer.from(AsnConvert.serialize(pfx));
}
