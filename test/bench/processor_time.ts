import { readdirSync, readFileSync } from 'node:fs';

const TICK_MS = 10;

/**
 * Milliseconds of processor time a Postgres has used: its living processes to the nanosecond, and those that have
 * ended, which the postmaster inherited.
 */
export function postgresProcessorTime(postmaster: number): number {
  for (let tries = 0; tries < 1000; tries += 1) {
    const before = inherited(postmaster);
    const living = readdirSync('/proc').filter(
      (name) => /^\d+$/.test(name) && (Number(name) === postmaster || stat(Number(name))?.[1] === `${postmaster}`),
    );
    const sum = living.reduce((total, pid) => total + scheduled(pid), 0);
    // Who ends meanwhile would be missed, or counted twice.
    if (Object.is(inherited(postmaster), before)) return sum + before;
  }
  throw new Error('processes of the database end all the time');
}

/** Milliseconds of processor time a process has used, with all its threads. */
export function processorTime(pid: number): number {
  const [user = 0, system = 0] = stat(pid)?.slice(11, 13).map(Number) ?? [];
  return (user + system) * TICK_MS;
}

function inherited(postmaster: number): number {
  const [cutime = Number.NaN, cstime = Number.NaN] = stat(postmaster)?.slice(13, 15).map(Number) ?? [];
  return (cutime + cstime) * TICK_MS;
}

/** The fields of `/proc/<pid>/stat` from the third on: the second may hold spaces. */
function stat(pid: number): string[] | undefined {
  const line = read(`/proc/${pid}/stat`);
  return line?.slice(line.lastIndexOf(')') + 2).split(' ');
}

function scheduled(pid: string): number {
  return Number(read(`/proc/${pid}/schedstat`)?.split(' ')[0] ?? 0) / 1e6;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Resident memory in MiB. */
export function residentMemory(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`) ?? '')?.[1] ?? Number.NaN) / 1024;
}
