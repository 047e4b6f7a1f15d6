import { randomUUID } from 'node:crypto';

import { createRemoteJWKSet, customFetch, decodeJwt, jwtVerify, SignJWT } from 'jose';
import * as client from 'openid-client';

import type { RelyingParty } from './relying_party.ts';

/** What an ecosystem adds to an authorization request, and expects of what comes back. */
export interface Asked {
  readonly scope?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** The consent that the ID Token has to name. */
  readonly intent?: string;
}

/** An ecosystem, as its relying parties see it. */
export interface EcosystemParty {
  /** The name of the suite's `fapi_profile`. */
  readonly fapi_profile: string;
  /** The scope a client is registered with, as far as it is known before there is a consent. */
  readonly scope: string;
  /** True where requests are of rich authorization requests. */
  readonly rar?: boolean;
  /** Members of the plan's configuration. */
  readonly configuration?: object;
  /** True where nothing stands beside the request object but the client's authentication. */
  readonly bare?: boolean;
  /** True where the userinfo endpoint is the resource. */
  readonly userinfo?: boolean;
  /** What has to be done before the push, a consent made for example. */
  ask(own: RelyingParty, config: client.Configuration): Promise<Asked>;
}

/** A token of the client's own, for the consents API. */
async function consentToken(config: client.Configuration, scope: string): Promise<string> {
  return (await client.clientCredentialsGrant(config, { scope })).access_token;
}

interface ConsentRequest {
  readonly scope: string;
  readonly endpoint: string | undefined;
  readonly type: string;
  readonly body: string;
}

/** Posts a consent. @returns the body that is answered */
async function posted(own: RelyingParty, config: client.Configuration, asked: ConsentRequest): Promise<string> {
  const access_token = await consentToken(config, asked.scope);
  const headers = {
    authorization: `Bearer ${access_token}`,
    'content-type': asked.type,
    accept: asked.type,
    'x-fapi-interaction-id': randomUUID(),
  };
  const response = await own.fetch(`${asked.endpoint}`, { method: 'POST', headers, body: asked.body });
  if (!response.ok) throw new Error(`the consent is answered ${response.status}`);
  return response.text();
}

const json = 'application/json';

/** Signed both ways: the request by the client, the answer by the bank. */
async function ksaConsent(own: RelyingParty, config: client.Configuration): Promise<string> {
  const message = { Data: { Permissions: ['ReadAccountsBasic'] }, Risk: {} };
  const body = await new SignJWT({ message })
    .setProtectedHeader({ alg: own.alg, ...(own.key.kid && { kid: own.key.kid }) })
    .setIssuer(own.client_id)
    .setAudience(own.issuer)
    .setJti(randomUUID())
    .setIssuedAt()
    .setNotBefore('0 s')
    .setExpirationTime('5 min')
    .sign(own.key.key);
  const endpoint = own.exposed?.account_requests_endpoint;
  const answer = await posted(own, config, { scope: 'accounts', endpoint, type: 'application/jwt', body });
  const keys = createRemoteJWKSet(new URL(`${config.serverMetadata().jwks_uri}`), {
    [customFetch]: (url, { headers }) => own.fetch(url, { headers }),
  });
  const { payload } = await jwtVerify(answer, keys, { issuer: own.issuer, algorithms: [own.alg] });
  return (payload.message as { Data: { ConsentId: string } }).Data.ConsentId;
}

async function ukConsent(own: RelyingParty, config: client.Configuration): Promise<string> {
  const body = JSON.stringify({ Data: { Permissions: ['ReadAccountsBasic'] }, Risk: {} });
  const endpoint = own.exposed?.account_requests_endpoint;
  const answer = await posted(own, config, { scope: 'accounts', endpoint, type: json, body });
  const { Data } = JSON.parse(answer) as { Data: { AccountRequestId?: string; ConsentId?: string } };
  return `${Data.ConsentId ?? Data.AccountRequestId}`;
}

async function brazilConsent(own: RelyingParty, config: client.Configuration): Promise<string> {
  const body = JSON.stringify({
    data: {
      loggedUser: { document: { identification: '76109277673', rel: 'CPF' } },
      permissions: ['ACCOUNTS_READ', 'ACCOUNTS_BALANCES_READ', 'RESOURCES_READ'],
      expirationDateTime: new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+/, ''),
    },
  });
  const endpoint = own.exposed?.consents_endpoint;
  const answer = await posted(own, config, { scope: 'consents', endpoint, type: json, body });
  return (JSON.parse(answer) as { data: { consentId: string } }).data.consentId;
}

const details = [
  { type: 'urn:openfinance:account-access-consent:v1.0', consent: { Permissions: ['ReadAccountsBasic'] } },
];

/** The ecosystems the suite has plans for clients of, by the names of the profiles. */
export const ecosystemParties: Readonly<Record<string, EcosystemParty>> = {
  cbuae: {
    fapi_profile: 'cbuae',
    scope: 'openid accounts',
    rar: true,
    configuration: { resource: { authorization_details_types_supported: details.map(({ type }) => type) } },
    ask: async () => ({ parameters: { authorization_details: JSON.stringify(details) } }),
  },
  ksa: {
    fapi_profile: 'ksa',
    scope: 'openid accounts',
    ask: async (own, config) => ({ scope: `openid accounts:${await ksaConsent(own, config)}` }),
  },
  'consumerdataright-au': {
    fapi_profile: 'consumerdataright_au',
    scope: 'openid accounts',
    ask: async () => ({}),
  },
  'connectid-au': {
    fapi_profile: 'connectid_au',
    scope: 'openid',
    userinfo: true,
    bare: true,
    ask: async () => ({
      parameters: {
        purpose: 'to open an account',
        claims: JSON.stringify({ id_token: { txn: { essential: true }, name: { essential: true } } }),
      },
    }),
  },
  'openbanking-brazil': {
    fapi_profile: 'openbanking_brazil',
    scope: 'openid accounts',
    ask: async (own, config) => ({
      scope: `openid accounts consent:${await brazilConsent(own, config)}`,
      parameters: { claims: JSON.stringify({ id_token: { acr: { essential: true } } }) },
    }),
  },
  'openbanking-uk': {
    fapi_profile: 'openbanking_uk',
    scope: 'openid accounts',
    async ask(own, config) {
      const intent = await ukConsent(own, config);
      const id_token = {
        openbanking_intent_id: { value: intent, essential: true },
        acr: { essential: true, values: ['urn:openbanking:psd2:sca', 'urn:openbanking:psd2:ca'] },
      };
      return { intent, parameters: { claims: JSON.stringify({ id_token }) } };
    },
  },
};

/** @throws Error where the ID Token names another consent than the one that was asked for. */
export function checkIntent(id_token: string | undefined, { intent }: Asked): void {
  const { openbanking_intent_id } = id_token === undefined ? {} : decodeJwt(id_token);
  if (openbanking_intent_id !== intent) throw new Error('the ID Token is of another consent');
}
