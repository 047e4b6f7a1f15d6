import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import Provider, { type Configuration, interactionPolicy } from 'oidc-provider';
import {
  type DetailSettings,
  fapi2SecurityProfile,
  fapiProvider,
  interactions,
  interactionUrl,
  listedAccounts,
  openStore,
  ProfileViolationError,
  pages,
} from 'oidc-provider-fapi';

const own = 'urn:example:grant-type:device-handover';
const api = 'https://api.example.com';
const server = createServer({ cert: readFileSync('tls.crt'), key: readFileSync('tls.key') });
server.listen(0, 'localhost');
await once(server, 'listening');
const issuer = `https://localhost:${(server.address() as AddressInfo).port}`;

const store = await openStore({
  database: 'pglite:',
  issuer,
  encryption_keys: [randomBytes(32).toString('base64url')],
});
await store.ready();
const { jwks, cookies } = await store.keys();
const accounts = listedAccounts([{ login: 'demo', password: 'demo', claims: { sub: 'demo' } }]);

/** A prompt of the team's own: terms that are accepted once a login. */
const policy = interactionPolicy.base();
const asked = new interactionPolicy.Check(
  'terms_missing',
  'the terms were not accepted',
  'interaction_required',
  (ctx) => {
    const { terms } = (ctx.oidc.result ?? {}) as { terms?: boolean };
    return terms ? interactionPolicy.Check.NO_NEED_TO_PROMPT : interactionPolicy.Check.REQUEST_PROMPT;
  },
);
policy.add(new interactionPolicy.Prompt({ name: 'terms', requestable: true }, asked), 1);

const details: DetailSettings = {
  types: {
    payment: {
      resource: api,
      schema: {
        type: 'object',
        required: ['amount'],
        properties: { type: { const: 'payment' }, amount: { type: 'string', maxLength: 20 } },
      },
    },
  },
};
const { features, ...shown } = pages({ name: 'Strict' });
const configuration: Configuration = {
  ...shown,
  adapter: store.adapter,
  jwks,
  cookies: { keys: cookies },
  findAccount: accounts.findAccount,
  interactions: { policy, url: interactionUrl },
  subjectTypes: ['public', 'pairwise'],
  pairwiseIdentifier: (_ctx, accountId, client) => `${client.sectorIdentifier}|${accountId}`,
  features: {
    ...features,
    registration: { enabled: true },
    encryption: { enabled: true },
    ciba: {
      enabled: true,
      deliveryModes: ['poll'],
      processLoginHint: (_ctx, hint) => hint,
      async triggerAuthenticationDevice(_ctx, request, account, client) {
        // The person approves at once.
        const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
        grant.addOIDCScope('openid');
        await grant.save();
        await provider.backchannelResult(request, grant);
      },
      verifyUserCode() {},
      validateBindingMessage() {},
      validateRequestContext() {},
    },
  },
};
const profile = fapi2SecurityProfile({
  grant_types: [own],
  resources: [{ identifier: api, scopes: ['payments'], token: 'jwt' }],
  authorization_details: details,
});
const provider: Provider = await fapiProvider(Provider, issuer, configuration, profile);
provider.registerGrantType<{ device: string }>(
  own,
  async (ctx) => {
    ctx.body = { handed: ctx.oidc.params.device, to: ctx.oidc.client.clientId };
  },
  ['device'],
);
try {
  provider.registerGrantType('password', () => {});
} catch (error) {
  if (!(error instanceof ProfileViolationError)) throw error;
}
provider.use(async (ctx, next) => {
  const [, uid] = /^\/interaction\/([^/]+)$/.exec(ctx.path) ?? [];
  const { prompt } = uid ? await provider.interactionDetails(ctx.req, ctx.res) : {};
  if (prompt?.name !== 'terms') return next();
  if (ctx.method === 'POST') {
    ctx.respond = false;
    return provider.interactionFinished(ctx.req, ctx.res, { terms: true });
  }
  ctx.body = '<!doctype html><h1>Terms</h1><form method="post"><button>Accept</button></form>';
});
provider.use(interactions(provider, { accounts, name: 'Strict', details: details.types }));
server.on('request', provider.callback());
console.log(issuer);
