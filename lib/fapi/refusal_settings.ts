import { z } from 'zod';

/** Settings of what a refused client is told. */
export const refusalSettings = z.strictObject({
  explain_authentication: z
    .boolean()
    .default(false)
    .describe(
      'tell why a client did not authenticate; a stranger learns from it which clients there are. On in development',
    ),
});

export type RefusalSettings = z.input<typeof refusalSettings> & {
  /** The page that explains refusals: answers lead to its anchors. Default: none. */
  documentation?: string | undefined;
  /** Base URL of the endpoints that take client certificates. */
  mtls?: string | undefined;
  /** Seconds a client assertion may be good for, where it is not the default. */
  assertion_lifetime?: number | undefined;
};
