import {
  createLocalJWKSet,
  createRemoteJWKSet,
  importJWK,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  jwtVerify,
  SignJWT,
} from 'jose';
import type { Client } from 'oidc-provider';
import { z } from 'zod';

import { Refusal } from '../../resource/refusal.ts';
import { seconds } from '../../seconds.ts';
import type { Consent, ConsentState } from './consent.ts';
import type { ConsentApi, Server } from './consent_api.ts';
import { checked, endOf, permissions, time } from './consent_body.ts';
import { type ConsentNaming, namedInScope } from './consent_naming.ts';

const states: Readonly<Record<ConsentState, string>> = {
  awaiting: 'AwaitingAuthorization',
  authorised: 'Authorized',
  rejected: 'Rejected',
  revoked: 'Revoked',
  expired: 'Expired',
};

const request = z.looseObject({
  Data: z.looseObject({
    Permissions: permissions,
    ExpirationDateTime: time.optional(),
    NationalIdentificationNumber: z
      .string()
      .regex(/^\d{10}$/, 'has to be 10 digits')
      .optional(),
  }),
});

/** Days a consent lasts at most. */
const longest = 365;

const remote = new WeakMap<Client, JWTVerifyGetKey>();

function keysOf(client: Client): JWTVerifyGetKey {
  // Core has the metadata as members of a client, and its types do not.
  const { jwks, jwksUri } = client as unknown as { jwks?: JSONWebKeySet; jwksUri?: string };
  if (jwks) return createLocalJWKSet(jwks);
  const keys = remote.get(client) ?? createRemoteJWKSet(new URL(`${jwksUri}`));
  remote.set(client, keys);
  return keys;
}

/** The message of a consent request that its client has signed for this server. */
async function messageOf(jwt: string, client: Client, { issuer }: Server): Promise<unknown> {
  const rules = { issuer: client.clientId, audience: issuer, algorithms: ['PS256'], clockTolerance: 15 };
  const verified = await jwtVerify(jwt.trim(), keysOf(client), { ...rules, requiredClaims: ['exp', 'iat'] }).catch(
    () => {
      throw new Refusal('invalid_request', 'the body is no JWT that this client has signed for this server by PS256', {
        status: 400,
      });
    },
  );
  return verified.payload.message;
}

const iso = (at: number) => new Date(at * 1000).toISOString();

async function signed(message: object, audience: string, { issuer, keys }: Server): Promise<string> {
  const jwk = keys.find(({ alg, use }) => alg === 'PS256' && use !== 'enc');
  if (!jwk) throw new Error('no PS256 key to sign a consent with');
  return new SignJWT({ message })
    .setProtectedHeader({ alg: 'PS256', typ: 'JWT', ...(jwk.kid && { kid: jwk.kid }) })
    .setIssuer(issuer)
    .setAudience([audience])
    .setIssuedAt()
    .setNotBefore(seconds())
    .setExpirationTime('1h')
    .sign(await importJWK(jwk, 'PS256'));
}

/** The value of `scope` that names a consent. */
const value = /^accounts:([\w-]{1,128})$/;

/** `accounts:<ConsentId>` in the scope names the consent. */
export const ksaNames: ConsentNaming = {
  find: (request) => namedInScope(request, value),
  scope: (id) => `accounts:${id}`,
};

/** Consents of Saudi Arabia's Open Banking framework: signed JWTs in both directions, the consent in `message`. */
export const ksaConsents: ConsentApi = {
  clause: {
    id: 'KSAOB-CONSENT-API',
    text: 'a consent is registered by a request its client has signed, with a client_credentials token, and answered signed',
  },
  path: '/open-banking/account-request',
  scope: 'accounts',
  scopes: ['accounts'],
  type: 'application/jwt',
  async read(body, client, server) {
    const message = await messageOf(body, client, server);
    const { Data: data } = checked(request, message);
    const { NationalIdentificationNumber: number } = data;
    return {
      permissions: data.Permissions,
      ends_at: endOf(data.ExpirationDateTime, longest),
      content: (message as { Data: object }).Data,
      person: number === undefined ? [] : [{ claim: 'national_identification_number', value: number }],
    };
  },
  write({ jti, iat, clientId, content, ends_at, changed_at = iat }: Consent, state, server) {
    const dates = {
      CreationDateTime: iso(iat),
      StatusUpdateDateTime: iso(changed_at),
      ExpirationDateTime: iso(ends_at),
    };
    const Data = { ...(content as object), ConsentId: jti, Status: states[state], ...dates };
    const Links = { Self: `${server.issuer}${ksaConsents.path}/${jti}` };
    return signed({ Data, Links, Meta: {} }, clientId, server);
  },
};
