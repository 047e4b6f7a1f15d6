import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

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

function derive(password: string, salt: Buffer, length: number, { ln, r, p }: ScryptCost): Promise<Buffer> {
  const N = 2 ** ln;
  return new Promise((resolve, reject) => {
    // One keyboard composes a letter, another decomposes it: NFKC lets both type the same password.
    scrypt(password.normalize('NFKC'), salt, length, { N, r, p, maxmem: 128 * r * (N + p + 2) }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
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
  const hash = await derive(password, salt, 32, { ln, r, p });
  return `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(hash)}`;
}

/** Whether the password is the one the hash was made from. */
export async function verifyPassword(password: string, passwordHash: string): Promise<boolean> {
  const { salt, hash, ...parsed } = parsePasswordHash(passwordHash);
  return timingSafeEqual(await derive(password, salt, hash.length, parsed), hash);
}

/** Whether a hash was made with another cost than today's, and is to be made anew while the password is at hand. */
export function outdatedPasswordHash(passwordHash: string): boolean {
  const { ln, r, p } = parsePasswordHash(passwordHash);
  return ln !== cost.ln || r !== cost.r || p !== cost.p;
}
