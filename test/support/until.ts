import { setTimeout as delay } from 'node:timers/promises';

/** Asks again and again until the answer is true, for half a minute unless told otherwise: a loaded machine takes its time. */
export async function until(
  isSo: () => Promise<boolean> | boolean,
  every = 100,
  { seconds = 30, why = () => '' }: { readonly seconds?: number; readonly why?: () => string } = {},
): Promise<void> {
  const last = Date.now() + seconds * 1000;
  while (!(await isSo())) {
    if (Date.now() > last) throw new Error(`it did not come to pass within ${seconds} seconds ${why()}`);
    await delay(every);
  }
}

/** True where a promise is kept, false where it is not. */
export const succeeds = (promise: Promise<unknown>): Promise<boolean> =>
  promise.then(
    () => true,
    () => false,
  );
