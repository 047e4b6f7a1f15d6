import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

import express from 'express';
import Provider from 'oidc-provider';
import { fapi2SecurityProfile, fapiProvider, openStore } from 'oidc-provider-fapi';

import { routes } from './routes.js';
import { Account } from './support/account.js';
import { configuration } from './support/configuration.js';

const app = express();
const server = createServer({ cert: readFileSync('tls.crt'), key: readFileSync('tls.key') }, app);
server.listen(0, 'localhost');
await once(server, 'listening');
const issuer = `https://localhost:${server.address().port}`;

const store = await openStore({
  database: 'pglite:',
  issuer,
  encryption_keys: [randomBytes(32).toString('base64url')],
});
await store.ready();
const { jwks, cookies } = await store.keys();
const yours = {
  ...configuration,
  adapter: store.adapter,
  jwks,
  cookies: { keys: cookies },
  clients: JSON.parse(readFileSync('clients.json', 'utf8')),
  findAccount: Account.findAccount,
};
// In place of: const provider = new Provider(issuer, yours);
const provider = await fapiProvider(Provider, issuer, yours, fapi2SecurityProfile());
routes(app, provider);
app.use(provider.callback());
console.log(issuer);
