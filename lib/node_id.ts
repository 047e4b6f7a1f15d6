import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/**
 * This process's name in the trail and among the nodes of a fleet: host, process number, and random characters that
 * tell two starts apart.
 */
export const nodeId: string = `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`;
