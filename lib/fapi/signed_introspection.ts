import type { Adapter, ClientMetadata } from 'oidc-provider';
import Core from 'oidc-provider';

import { introspectionJwt as signed } from '../http/media_types.ts';
import { enabled } from './feature_enabled.ts';
import type { Mechanism } from './mechanism.ts';

/**
 * Signs introspection responses for those who ask for it.
 *
 * @see [RFC 9701 - JWT Response for OAuth Token Introspection](https://www.rfc-editor.org/rfc/rfc9701.html)
 */
export function signedIntrospection(): Mechanism {
  return {
    name: 'signed_introspection',
    clauses: [
      {
        id: 'FAPI2-MS-ID1-5.5.1-1',
        text: 'shall sign introspection responses that are issued in JWT format according to RFC 9701',
        violated: enabled('jwtIntrospection'),
      },
      {
        id: 'RFC9701-4',
        text: 'an introspection is answered by a signed JWT where the caller asks for one by Accept',
      },
      {
        id: 'RFC9701-6',
        text: 'a caller that has registered introspection_signed_response_alg is answered by a signed JWT, whatever it accepts',
      },
    ],
    configuration: {
      features: { introspection: { enabled: true }, jwtIntrospection: { enabled: true } },
    },
    attach(provider, { clients = [] }) {
      // Core's types do not say that the class of clients has an adapter.
      const { adapter } = provider.Client as unknown as { adapter: Adapter };
      const configured = new Map(clients.map((client) => [client.client_id, client]));
      // The client has a default by the time core hands it over: what it registered is in what was registered.
      async function hasRegistered(id: string): Promise<boolean> {
        const metadata = configured.get(id) ?? (await adapter.find(id));
        return (metadata as ClientMetadata | undefined)?.introspection_signed_response_alg !== undefined;
      }
      const { Client } = provider;
      const find = Client.find;
      Client.find = async function findCaller(this: typeof Client, ...args: Parameters<typeof find>) {
        const client = await find.apply(this, args);
        const { ctx } = Core;
        // The first client looked for is the one that asks; core chooses by Accept.
        if (
          client &&
          ctx?.oidc.route === 'introspection' &&
          !ctx.oidc.client &&
          (await hasRegistered(client.clientId))
        ) {
          ctx.req.headers.accept = signed;
        }
        return client;
      };
    },
  };
}
