import { createHash, randomBytes, randomUUID } from 'node:crypto';

import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

import type { ClientFile } from '../clients/client_file.ts';
import { seconds } from '../seconds.ts';
import type { Probe, Target } from './probe.ts';
import type { Answer } from './wire.ts';

export interface ClientTarget extends Target {
  readonly client: ClientFile;
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

interface Otherwise {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly jwk?: JWK;
  readonly jti?: string;
}

async function assertion({ metadata, client }: ClientTarget, { claims, jwk, jti }: Otherwise = {}): Promise<string> {
  const key = jwk ?? client.jwk;
  const { client_id } = client;
  const body = {
    iss: client_id,
    sub: client_id,
    aud: `${metadata.issuer}`,
    jti: jti ?? randomUUID(),
    iat: seconds(),
    exp: seconds() + 60,
  };
  return new SignJWT({ ...body, ...claims })
    .setProtectedHeader({ alg: `${key.alg}`, ...(key.kid && { kid: key.kid }) })
    .sign(key);
}

const challenge = () => createHash('sha256').update(randomBytes(32)).digest('base64url');

/** Pushes a request that is right but for what is changed in it; a member that is `undefined` is left out. */
async function push(
  target: ClientTarget,
  changed: Readonly<Record<string, string | undefined>> = {},
  otherwise: Otherwise & { assertion?: string } = {},
): Promise<Answer> {
  const { client, metadata, wire } = target;
  const fields = {
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: client.redirect_uri,
    scope: client.scope,
    state: randomUUID(),
    code_challenge: challenge(),
    code_challenge_method: 'S256',
    client_assertion_type: assertionType,
    client_assertion: otherwise.assertion ?? (await assertion(target, otherwise)),
    ...changed,
  };
  const present = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined);
  return wire.post(`${metadata.pushed_authorization_request_endpoint}`, Object.fromEntries(present));
}

/** The verdict on an answer that has to be a refusal in the protocol's words. */
function refused({ status, body }: Answer, what: string): true | string {
  return (status >= 400 && status < 500 && typeof body.error === 'string') || `${what} is answered ${status}`;
}

type ClientProbe = Probe<ClientTarget>;

/** Makes a probe of a push that differs in one thing and has to be refused. */
const wrong = (
  clause: ClientProbe['clause'],
  text: string,
  changed: Readonly<Record<string, string | undefined>>,
): ClientProbe => ({ clause, text, requests: 1, run: async (target) => refused(await push(target, changed), text) });

/** Makes a probe of an assertion that differs in one thing and has to be refused. */
const wrongly = (
  clause: ClientProbe['clause'],
  text: string,
  otherwise: (target: ClientTarget) => Otherwise | Promise<Otherwise>,
): ClientProbe => ({
  clause,
  text,
  requests: 1,
  run: async (target) => refused(await push(target, {}, await otherwise(target)), text),
});

/** Rules that need a client of the provider; no person is needed. */
export const clientProbes: readonly ClientProbe[] = [
  {
    clause: 'FAPI2-SP-FINAL-5.3.2.2-12',
    text: 'a right request is accepted, with expires_in of less than 600 seconds',
    requests: 1,
    async run(target) {
      const { status, body } = await push(target);
      if (status !== 201) return `it is answered ${status} ${body.error ?? ''} ${body.error_description ?? ''}`.trim();
      return (Number(body.expires_in) > 0 && Number(body.expires_in) < 600) || `expires_in is ${body.expires_in}`;
    },
  },
  wrong('FAPI2-SP-FINAL-5.3.2.2-5', 'a request without PKCE', {
    code_challenge: undefined,
    code_challenge_method: undefined,
  }),
  wrong('FAPI2-SP-FINAL-5.3.2.2-5', 'code_challenge_method plain', { code_challenge_method: 'plain' }),
  wrong('FAPI2-SP-FINAL-5.3.2.2-6', 'a request without redirect_uri', { redirect_uri: undefined }),
  wrong('FAPI2-SP-FINAL-5.3.2.1-7', 'a redirect_uri that is not registered', {
    redirect_uri: 'https://other.example/cb',
  }),
  wrong('FAPI2-SP-FINAL-5.3.2.2-1', 'response_type token', { response_type: 'token' }),
  wrong('PAR-2.1', 'a pushed request_uri', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }),
  wrongly('FAPI2-SP-FINAL-5.3.2.1-8', 'an assertion for the endpoint instead of the issuer', ({ metadata }) => ({
    claims: { aud: metadata.pushed_authorization_request_endpoint },
  })),
  wrongly('FAPI2-SP-FINAL-5.3.2.1-8', 'an assertion whose aud is an array', ({ metadata }) => ({
    claims: { aud: [metadata.issuer] },
  })),
  wrongly('RFC7523-3-4', 'an expired assertion', () => ({ claims: { exp: seconds() - 120, iat: seconds() - 180 } })),
  wrongly('FAPI2-SP-FINAL-5.3.2.1-13', 'an assertion from more than a minute ahead', () => ({
    claims: { iat: seconds() + 90, nbf: seconds() + 90, exp: seconds() + 180 },
  })),
  wrongly('RFC7523-3-3', 'an assertion of another sub', () => ({ claims: { sub: 'somebody-else' } })),
  wrongly('RFC7523-3-9', 'an assertion signed by another key', async ({ client }) => {
    const { privateKey } = await generateKeyPair(`${client.jwk.alg}`, { extractable: true });
    return { jwk: { ...(await exportJWK(privateKey)), alg: `${client.jwk.alg}`, kid: `${client.jwk.kid}` } };
  }),
  {
    clause: 'RFC7523-3-7',
    text: 'an assertion used twice',
    requests: 2,
    async run(target) {
      const used = await assertion(target);
      const first = await push(target, {}, { assertion: used });
      if (first.status !== 201) return undefined;
      return refused(await push(target, {}, { assertion: used }), 'the second use');
    },
  },
  {
    clause: 'FAPI2-SP-FINAL-5.3.2.2-3',
    text: 'an authorization request that was not pushed',
    requests: 1,
    async run({ client, metadata, wire }) {
      const query = new URLSearchParams({
        client_id: client.client_id,
        response_type: 'code',
        redirect_uri: client.redirect_uri,
        scope: client.scope,
        code_challenge: challenge(),
        code_challenge_method: 'S256',
      });
      const { status, headers } = await wire.ask(`${metadata.authorization_endpoint}?${query}`);
      const location = `${headers.location ?? ''}`;
      return status >= 400 || /[?&#]error=|[?&]response=/.test(location) || `it is answered ${status}, and goes on`;
    },
  },
  {
    clause: 'FAPI2-SP-FINAL-5.3.2.2-9',
    text: 'a code nobody was given',
    requests: 1,
    async run(target) {
      const answer = await target.wire.post(`${target.metadata.token_endpoint}`, {
        grant_type: 'authorization_code',
        code: randomUUID(),
        code_verifier: randomBytes(32).toString('base64url'),
        redirect_uri: target.client.redirect_uri,
        client_id: target.client.client_id,
        client_assertion_type: assertionType,
        client_assertion: await assertion(target),
      });
      return refused(answer, 'it');
    },
  },
];
