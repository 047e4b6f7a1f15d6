import type { X509Certificate } from 'node:crypto';

const keys: readonly unknown[] = ['11_ad98I1P4hzxI_6iJODrW-O5N2VFvA8dTUVVpxapA'];
const authorities = ['7E:C3:2E:5A:D0:54:16:EC:30:96:28:1B:15:D7:EF:E4:3C:12:8E:13:95:13:ED:CC:27:57:0E:2C:6B:8B:85:E2'];

/** Whether anyone can sign with the key: it is the one in `config/sample`. */
export function isSampleKey(jwk: { readonly x?: unknown }): boolean {
  return keys.includes(jwk.x);
}

/** Whether the authority vouches for a certificate whose private key is public. */
export function isSampleAuthority({ fingerprint256 }: X509Certificate): boolean {
  return authorities.includes(fingerprint256);
}

export const publicKnowledge = 'is the public sample, whose private key everyone has: use one of your own';
