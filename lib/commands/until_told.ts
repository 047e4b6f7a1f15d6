import { once } from 'node:events';

/** Prints a greeting and waits for SIGTERM or SIGINT. */
export async function untilTold(greeting: string): Promise<void> {
  const heard = new AbortController();
  const told = (['SIGTERM', 'SIGINT'] as const).map((name) =>
    once(process, name, { signal: heard.signal }).then(() => name),
  );
  // Whoever reads this may send a signal at once.
  console.log(greeting);
  const signal = await Promise.race(told);
  // Another signal finds no listener, and ends the process as it would have without us.
  heard.abort();
  console.log(`${signal}: answering what is under way, then stopping`);
}
