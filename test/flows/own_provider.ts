import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';

import Provider, { type ClientMetadata, type Configuration } from 'oidc-provider';

import {
  fapi2SecurityProfile,
  fapiProvider,
  interactionPolicy,
  interactions,
  interactionUrl,
  type KnexAdapterFactory,
  knexAdapter,
  listedAccounts,
  loadKeys,
  migrate,
  openDatabase,
  pages,
} from '../../lib/index.ts';
import { listening } from '../support/listening.ts';
import { testDatabase } from '../support/postgres.ts';
import { person } from '../support/wire_client.ts';
import { authority, serverCertificate, type TestClient } from './clients.ts';
import type { FlowServer } from './server.ts';

interface OwnProvider {
  readonly provider: Provider;
  readonly adapter: KnexAdapterFactory;
  /** Answers TLS on the issuer's port, and asks for certificates there. */
  serve(listener: RequestListener): Promise<FlowServer>;
}

/** What a team that has a provider already writes around it, with the package's public surface only. */
export async function ownProvider(
  issuer: string,
  clients: readonly TestClient[],
  yours: Configuration = {},
): Promise<OwnProvider> {
  const { url, drop } = await testDatabase();
  const { knex, close } = await openDatabase({ url });
  await migrate(knex);
  const adapter = knexAdapter(knex, { encryption_keys: [Buffer.alloc(32, 7).toString('base64url')] });
  const { jwks, cookies } = await loadKeys(adapter.kept);
  const profile = fapi2SecurityProfile({ mtls: { url: new URL(issuer).origin, authorities: [authority.certificate] } });
  const accounts = listedAccounts([{ ...person, claims: { name: 'Demo Person' } }]);
  const { features, renderError } = pages({ name: 'Own' });
  const provider = await fapiProvider(
    Provider,
    issuer,
    {
      adapter,
      jwks,
      cookies: { keys: cookies },
      clients: clients.map(({ metadata }) => metadata as ClientMetadata),
      claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
      findAccount: accounts.findAccount,
      interactions: { policy: interactionPolicy(), url: interactionUrl },
      features: { ...features, clientCredentials: { enabled: true } },
      renderError,
      ...yours,
    },
    profile,
  );
  provider.use(interactions(provider, { accounts, name: 'Own' }));
  return {
    provider,
    adapter,
    async serve(listener) {
      const options = { ...serverCertificate, requestCert: true, rejectUnauthorized: false };
      const server = await listening(createServer(options, listener), Number(new URL(issuer).port), 'localhost');
      return {
        issuer,
        mtls: '',
        profile: 'fapi2-security-profile',
        async close() {
          await server.close();
          await close();
          await drop();
        },
      };
    },
  };
}
