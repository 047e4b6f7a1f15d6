import { z } from 'zod';

import { wholeSeconds } from '../values.ts';

const count = z.int().min(1, 'is too small, write at least 1');

/** Bounds on what anybody may take of this server: connections, time, bytes, requests. */
export const limitSettings = z.strictObject({
  connections: count.default(10_000).describe('connections at a time; one more is closed at once'),
  connections_per_address: count
    .default(512)
    .describe('connections of one address at a time; not counted behind a proxy, where all are the proxy’s'),
  handshake_time: wholeSeconds.default(10).describe('seconds a TLS handshake may take'),
  headers_time: wholeSeconds
    .default(10)
    .describe('seconds the headers of a request may take, also of one that never begins'),
  request_time: wholeSeconds.default(30).describe('seconds a whole request may take to arrive'),
  headers: z
    .int()
    .min(8192, 'is too small for what clients send, write at least 8192')
    .max(131_072, 'is too large, write at most 131072')
    .default(16_384)
    .describe('bytes of the headers and the URL of a request'),
  url: z
    .int()
    .min(2048, 'is too small for what clients send, write at least 2048')
    .max(65_536, 'is too large, write at most 65536')
    .default(10_240)
    .describe('bytes of the URL of a request, of which headers counts the sum'),
  requests_under_way: count
    .default(2_000)
    .describe('requests of a process that are not answered yet; one more is answered by 503'),
  body: z
    .int()
    .min(8192, 'is too small for what clients send, write at least 8192')
    .max(1_048_576, 'is too large, write at most 1048576')
    .default(57_344)
    .describe('bytes of the body of a request; those of a push are par.max_bytes'),
  failed_per_address: count
    .default(600)
    .describe('failed client authentications of one address in a minute; clients that have authenticated go on'),
  requests_per_client: count.optional().describe('requests of one client in a minute; without limit when left out'),
  requests_per_address: count.optional().describe('requests of one address in a minute; without limit when left out'),
  requests: count.optional().describe('requests to a process in a minute; without limit when left out'),
});

export type LimitSettings = z.output<typeof limitSettings>;
