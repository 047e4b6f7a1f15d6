import { setTimeout as delay } from 'node:timers/promises';

/** Asks again and again until the answer is true, for half a minute at most: a loaded machine takes its time. */
export async function until(isSo: () => Promise<boolean> | boolean, every = 100): Promise<void> {
  const last = Date.now() + 30_000;
  while (!(await isSo())) {
    if (Date.now() > last) throw new Error('it did not come to pass within half a minute');
    await delay(every);
  }
}
