import type { ClientMetadata } from 'oidc-provider';

/** Settings of a first client. */
export interface FirstClient {
  readonly issuer: string;
  readonly metadata: ClientMetadata;
  /** Files of the private key and the certificate, PEM. */
  readonly key: string;
  readonly certificate?: string | undefined;
  /** Requests are signed objects, and so are the answers. */
  readonly signed: boolean;
}

const literal = (value: unknown) => JSON.stringify(value);

/** Program text of a `fetch` that shows a certificate, for which Node's own has no option. */
const certificateFetch = `
/** A fetch that shows the client's certificate. */
const agent = new Agent({ keepAlive: true, cert: readFileSync(certificateFile), key: pem });
async function customFetch(url, { method = 'GET', headers, body } = {}) {
  const fields = new Headers(headers);
  if (body instanceof URLSearchParams) fields.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8');
  const sent = request(url, { method, agent, headers: Object.fromEntries(fields) });
  sent.end(body == null ? undefined : String(body));
  const [answer] = await once(sent, 'response');
  const received = new Headers();
  for (const [name, values] of Object.entries(answer.headersDistinct)) for (const value of values) received.append(name, value);
  const content = Buffer.concat(await answer.toArray());
  return new Response(answer.statusCode === 204 ? null : content, { status: answer.statusCode, headers: received });
}
`;

/**
 * Program text that waits for the browser on the loopback address, or asks for the address where the browser ends
 * elsewhere.
 */
const back = `
/** The place the browser ends at: a port of this machine, or an address that is pasted here. */
async function listen() {
  const url = new URL(registered);
  if (url.protocol !== 'http:') {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    return { redirect_uri: registered, ended: async () => new URL(await lines.question('Paste the address the browser ended at: ')) };
  }
  const server = createServer();
  server.listen(Number(url.port), url.hostname);
  await once(server, 'listening');
  url.port = server.address().port;
  const ended = new Promise((resolve) => server.on('request', (req, res) => {
    const at = new URL(req.url, url);
    if (at.pathname !== url.pathname) return res.writeHead(404).end();
    res.end('You may close this page.');
    resolve(at);
    server.close();
  }));
  return { redirect_uri: url.href, ended: () => ended };
}
`;

/** A program that is this client: a whole flow by openid-client, for a person at a browser on the same machine. */
export function firstClient({ issuer, metadata, key, certificate, signed }: FirstClient): string {
  const mtls = certificate !== undefined;
  const [redirectUri = ''] = metadata.redirect_uris ?? [];
  const known = {
    id_token_signed_response_alg: 'ES256',
    ...(signed && { authorization_signed_response_alg: 'ES256' }),
  };
  const expected = { ...known, use_mtls_endpoint_aliases: mtls };
  const kid = metadata.jwks?.keys[0]?.kid;
  return `// Client ${literal(metadata.client_id)} at ${issuer}
//
//   npm install openid-client
//   node client.mjs
//
// Where the server's certificate is not of a public authority, name it: NODE_EXTRA_CA_CERTS=authority.crt node client.mjs
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
${mtls ? "import { Agent, request } from 'node:https';\n" : ''}import { createInterface } from 'node:readline/promises';

import * as openid from 'openid-client';

const registered = ${literal(redirectUri)};
const pem = readFileSync(${literal(key)}, 'utf8');
${mtls ? `const certificateFile = ${literal(certificate)};\n` : ''}const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const der = Buffer.from(pem.replace(/-----[^-]+-----|\\s/g, ''), 'base64');
const key = { key: await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']), kid: ${literal(kid)} };
${mtls ? certificateFetch : ''}${back}
const config = await openid.discovery(
  new URL(${literal(issuer)}),
  ${literal(metadata.client_id)},
  ${literal(expected)},
  ${mtls ? 'openid.TlsClientAuth()' : 'openid.PrivateKeyJwt(key)'},${mtls ? '\n  { [openid.customFetch]: customFetch },' : ''}
);
${signed ? 'openid.useJwtResponseMode(config);\n' : ''}${
  mtls
    ? '// Tokens are bound to the certificate.\nconst options = {};'
    : "// Tokens are bound to a key that is made for this run.\nconst options = { DPoP: openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256')) };"
}

const { redirect_uri, ended } = await listen();
const checks = {
  pkceCodeVerifier: openid.randomPKCECodeVerifier(),
  expectedState: openid.randomState(),
  expectedNonce: openid.randomNonce(),
  idTokenExpected: true,
};
const asked = new URLSearchParams({
  redirect_uri,
  scope: ${literal(metadata.scope ?? 'openid')},
  prompt: 'consent',
  code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
  code_challenge_method: 'S256',
  state: checks.expectedState,
  nonce: checks.expectedNonce,
});
${signed ? 'const object = await openid.buildAuthorizationUrlWithJAR(config, asked, key);\n' : ''}const url = await openid.buildAuthorizationUrlWithPAR(config, ${signed ? 'object.searchParams' : 'asked'}, options);
console.log(\`Open in a browser:\\n\\n  \${url.href}\\n\`);

const tokens = await openid.authorizationCodeGrant(config, await ended(), checks, undefined, options);
console.log('ID Token:', tokens.claims());
console.log(\`Access token for \${tokens.scope ?? 'what was asked for'}, \${tokens.expires_in} seconds\`);
if (tokens.refresh_token) {
  await openid.refreshTokenGrant(config, tokens.refresh_token, undefined, options);
  console.log('Refreshed.');
}
process.exit();
`;
}
