import { randomBytes, timingSafeEqual } from 'node:crypto';

import { hashing } from './hashing.ts';

/** Cost of scrypt: `ln` is the binary logarithm of its N. */
export interface ScryptCost {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/** A hash as it stands in the file or the database, taken apart. */
export interface PasswordHash extends ScryptCost {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/**
 * As hard as the OWASP recommendation N=2^17, r=8, p=1 by its own table, in a quarter of the memory, so that logins at
 * the same moment do not fill a small machine.
 */
const cost: ScryptCost = { ln: 15, r: 8, p: 3 };

const phc = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{22,86})\$([A-Za-z0-9+/]{43,86})$/;

function checkCost({ ln, r, p }: ScryptCost): void {
  if (ln < 14 || ln > 18 || r < 8 || r > 16 || p < 1 || p > 16) {
    throw new TypeError('scrypt cost is outside ln=14..18, r=8..16, p=1..16');
  }
}

/**
 * Takes a password hash in PHC string format apart.
 *
 * @throws TypeError saying what is wrong with it; never with the hash itself.
 * @see [PHC string format](https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md)
 */
export function parsePasswordHash(value: string): PasswordHash {
  const [, ln, r, p, salt, hash] = phc.exec(value) ?? [];
  if (!salt || !hash) {
    throw new TypeError(
      'is not a password hash, write $scrypt$ln=15,r=8,p=3$<salt>$<hash> with 16 and 32 bytes or more',
    );
  }
  const parsed = { ln: Number(ln), r: Number(r), p: Number(p) };
  checkCost(parsed);
  return { ...parsed, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
}

/**
 * A password as it is compared: composed (NFC), every kind of space as U+0020. One keyboard composes a letter and another
 * decomposes it, which NFC undoes; NFKC would also take different characters for the same, `ﬁ` for `fi` and `²` for `2`.
 *
 * @see [RFC 8265 section 4.2.2 - OpaqueString, Enforcement](https://www.rfc-editor.org/rfc/rfc8265.html#section-4.2.2)
 */
export const normalizedPassword = (password: string): string => password.normalize('NFC').replace(/\p{Zs}/gu, ' ');

/** The forms a typed password is compared in: the present one, and NFKC, by which hashes were made before. */
export const passwordForms = (password: string): readonly string[] => [
  ...new Set([normalizedPassword(password), password.normalize('NFKC')]),
];

function derive(password: string, salt: Buffer, length: number, { ln, r, p }: ScryptCost): Promise<Buffer> {
  return hashing.derive({ password, salt, length, N: 2 ** ln, r, p });
}

const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');

/**
 * Hashes a password with scrypt, in PHC string format.
 *
 * @see [RFC 7914 - The scrypt Password-Based Key Derivation Function](https://www.rfc-editor.org/rfc/rfc7914.html)
 */
export async function hashPassword(password: string, { ln, r, p }: ScryptCost = cost): Promise<string> {
  checkCost({ ln, r, p });
  const salt = randomBytes(16);
  const hash = await derive(normalizedPassword(password), salt, 32, { ln, r, p });
  return `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(hash)}`;
}

/**
 * Compares a password with a hash.
 *
 * @throws {HashingBusy} when too many are being compared.
 */
export async function verifyPassword(password: string, passwordHash: string): Promise<boolean> {
  const { salt, hash, ...parsed } = parsePasswordHash(passwordHash);
  for (const form of passwordForms(password)) {
    if (timingSafeEqual(await derive(form, salt, hash.length, parsed), hash)) return true;
  }
  return false;
}

/** Tells a hash that was made with another cost than today's, and is to be made anew while the password is at hand. */
export function outdatedPasswordHash(passwordHash: string): boolean {
  const { ln, r, p } = parsePasswordHash(passwordHash);
  return ln !== cost.ln || r !== cost.r || p !== cost.p;
}

/** The least work a hash may take: N = 2^14, r = 8, p = 1. */
const unit = 2 ** 14 * 8;

/** The work of checking a hash, in units of the least one. */
export function workOf(passwordHash: string): number {
  const { ln, r, p } = parsePasswordHash(passwordHash);
  return (2 ** ln * r * p) / unit;
}

/** The work of a hash made today. */
export const workToday = (2 ** cost.ln * cost.r * cost.p) / unit;

/** Does work that compares nothing, for each form of the password as a comparison would. */
export async function spendWork(password: string, work: number): Promise<void> {
  const p = Math.round(work);
  if (p < 1) return;
  for (const form of passwordForms(password)) await derive(form, randomBytes(16), 32, { ln: 14, r: 8, p });
}
