import { mock } from 'node:test';

/** Sets everybody's clock ahead, and stops it there. */
export function later(seconds: number): void {
  const now = Date.now();
  mock.timers.reset();
  mock.timers.enable({ apis: ['Date'], now: now + seconds * 1000 });
}

/** Back to the present. */
export const present = (): void => mock.timers.reset();
