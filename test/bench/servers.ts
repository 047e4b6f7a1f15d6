import { Child } from './child.ts';
import type { Target } from './connection.ts';
import type { Start } from './subjects.ts';

/** Processes of one subject on one database. */
export async function startServers(processes: number, start: Start): Promise<{ servers: Child[]; targets: Target[] }> {
  const servers = Array.from({ length: processes }, () => new Child(new URL('server.ts', import.meta.url)));
  const targets: Target[] = [];
  for (const server of servers) {
    const port = await server.call<number>('start', start);
    targets.push({ port, ...(start.tls && { ca: start.tls.cert }) });
  }
  return { servers, targets };
}
