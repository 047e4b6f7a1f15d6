import { createCipheriv, createSecretKey, randomBytes } from 'node:crypto';

import { Seal } from '../../../lib/store/seal.ts';
import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';

const ROWS = 20_000;
const text = JSON.stringify({ request: 'x'.repeat(630) });
const id = randomBytes(32);

/** Microseconds of processor time to seal and to open a row of a push's size, beside AES-256-GCM under one key. */
export async function seal({ repetitions }: Bench): Promise<Figure[]> {
  const key = randomBytes(32);
  const sealing = new Seal([key]);
  const sealed = sealing.seal(text, id);
  const plain = plainGcm(key);
  const work = { 'a row': () => sealing.seal(text, id), 'AES-256-GCM, a counter as nonce': plain };
  const opening = { 'a row': () => sealing.open(sealed, id) };
  return [
    {
      name: 'to seal a row of 650 bytes',
      unit: 'us',
      values: measured(work, repetitions),
      of: 'a row',
      against: 'AES-256-GCM, a counter as nonce',
    },
    { name: 'to open it', unit: 'us', values: measured(opening, repetitions), of: 'a row' },
  ];
}

function plainGcm(bytes: Buffer): () => Buffer {
  const key = createSecretKey(bytes);
  const nonce = Buffer.alloc(12);
  let counter = 0;
  return () => {
    counter += 1;
    nonce.writeUInt32BE(counter, 8);
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 }).setAAD(id);
    const sealed = cipher.update(text, 'utf8');
    cipher.final();
    return Buffer.concat([nonce, sealed, cipher.getAuthTag()]);
  };
}

function measured(work: Record<string, () => unknown>, repetitions: number): Record<string, number[]> {
  const values: Record<string, number[]> = Object.fromEntries(Object.keys(work).map((name) => [name, []]));
  // The first time is for the compiler.
  for (let repetition = 0; repetition <= repetitions; repetition += 1) {
    for (const [name, once] of Object.entries(work)) {
      const before = process.cpuUsage();
      for (let row = 0; row < ROWS; row += 1) once();
      const { user, system } = process.cpuUsage(before);
      if (repetition > 0) values[name]?.push((user + system) / ROWS);
    }
  }
  return values;
}
