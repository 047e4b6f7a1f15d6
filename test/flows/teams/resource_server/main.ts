import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import express from 'express';
import { type AccessToken, jwtAccessTokens } from 'oidc-provider-fapi/resource';
import { protect } from 'oidc-provider-fapi/resource/express';

const issuer = process.env.ISSUER ?? '';
const audience = 'https://api.example.com';
const seen = new Set<string>();
const app = express();
const server = createServer({ cert: readFileSync('tls.crt'), key: readFileSync('tls.key') }, app).listen(
  0,
  'localhost',
);
await once(server, 'listening');
const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
const guard = protect({
  verify: jwtAccessTokens({ issuer, audience, jwks: `${issuer}/jwks` }),
  unique: async (id: string) => !seen.has(id) && seen.add(id) !== undefined,
  origins: [origin],
  audience,
  scope: 'accounts',
});
app.get('/accounts', guard, (_req, res) => {
  const { client_id, sub } = res.locals.token as AccessToken;
  res.json({ client_id, sub });
});
console.log(origin);
