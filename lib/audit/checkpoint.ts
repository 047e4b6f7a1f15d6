import { CompactSign, compactVerify, type JWK } from 'jose';

import type { AuditRow } from '../store/trail.ts';
import type { Link } from './chain.ts';

/** Signs with a key of the server's, so that whoever writes the table cannot make a chain of their own. */
export type Signer = (text: string) => Promise<string>;

const typ = 'audit-checkpoint+jws';

/** A signer that uses a private JWK with `kid` and `alg`. */
export function signer(jwk: JWK): Signer {
  return (text) =>
    new CompactSign(Buffer.from(text)).setProtectedHeader({ alg: `${jwk.alg}`, kid: `${jwk.kid}`, typ }).sign(jwk);
}

const stated = ({ node, chain, seq, hash }: Omit<Link, 'at'>) => JSON.stringify({ node, chain, seq, hash });

/** The record of a checkpoint, which signs the row before it. */
export const checkpoint = (sign: Signer, link: Link): Promise<string> => sign(stated(link));

/**
 * Verifies the signature of a checkpoint.
 *
 * @param keys public keys the server has or had, by `kid`
 * @returns true when the checkpoint signs the row before it with one of the keys
 */
export async function isSigned(row: AuditRow, previous: string, keys: ReadonlyMap<string, JWK>): Promise<boolean> {
  try {
    const jws = Buffer.from(row.record ?? '', 'hex').toString();
    const { payload, protectedHeader } = await compactVerify(jws, ({ kid = '' }) => {
      const key = keys.get(kid);
      if (!key) throw new TypeError('unknown key');
      return key;
    });
    const link = { node: row.node, chain: row.chain, seq: row.seq - 1, hash: previous };
    return protectedHeader.typ === typ && Buffer.from(payload).toString() === stated(link);
  } catch {
    return false;
  }
}
