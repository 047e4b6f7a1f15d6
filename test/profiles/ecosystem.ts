import type { JWTPayload } from 'jose';

import type { Config } from '../../lib/config/load.ts';
import type { Extension } from '../../lib/server/extension.ts';
import { metadataOf, party, type Variant } from '../conformance/rows/setting.ts';
import { SuiteClient } from '../conformance/rows/suite_client.ts';
import { flowServer, type OwnServer } from '../flows/server.ts';
import { jwt, now } from '../support/jwt.ts';
import { type Answer, person } from '../support/wire_client.ts';

export const ways: Variant = {
  client_auth_type: 'private_key_jwt',
  sender_constrain: 'mtls',
  openid: 'openid_connect',
  signed: true,
  ecosystem: true,
};

/**
 * A module of accounts where the password of the login page is the password and a one-time password, or the password
 * alone: as banks do that have one field for both.
 */
export const twoFactors = (claims: object) => `
  const person = { sub: 'account:demo', claims: ${JSON.stringify(claims)} };
  export async function authenticate(login, password) {
    if (login !== 'demo' || !['demo', 'demo123456'].includes(password)) return undefined;
    return { sub: person.sub, amr: password === 'demo' ? ['pwd'] : ['pwd', 'otp'] };
  }
  export const findAccount = (_ctx, sub) =>
    sub === person.sub ? { accountId: sub, claims: () => ({ sub, ...person.claims }) } : undefined;`;

/** A server of the ecosystem's shipped file, and the suite's two clients of it. */
export interface Ecosystem {
  readonly server: OwnServer;
  readonly first: SuiteClient;
  readonly second: SuiteClient;
  /** The first or the second client in a browser of its own, with nobody logged in. */
  again(index: 0 | 1): Promise<SuiteClient>;
}

export interface EcosystemOptions {
  /** What the clients' metadata say besides the usual; a function where the two differ. */
  readonly client?: object | ((index: 0 | 1) => Promise<object>);
  /** Claims of the person who logs in. */
  readonly claims?: object;
  readonly rich?: true;
  /** The shipped file of another ecosystem. */
  readonly file?: string;
  readonly set?: readonly string[];
  readonly given?: Extension;
}

export async function ecosystem(profile: Config['profile'], options: EcosystemOptions = {}): Promise<Ecosystem> {
  const { client = {}, claims = {}, set = [], rich, given, file = profile } = options;
  const server = await flowServer({
    profile,
    ...(given && { given }),
    file: `config/ecosystems/${file}.yaml`,
    clients: await Promise.all(
      ([0, 1] as const).map(async (index) => {
        const own = typeof client === 'function' ? await client(index) : client;
        return metadataOf(ways, index, { redirect_uris: [party(ways, index).redirect_uri], ...own });
      }),
    ),
    set: [`accounts=${JSON.stringify([{ ...person, claims }])}`, ...set],
  });
  const variant = { ...ways, ...(rich && { rich }) };
  const of = (index: 0 | 1) => SuiteClient.create(server, variant, party(ways, index));
  return { server, first: await of(0), second: await of(1), again: of };
}

/** A token of the client's own. */
export async function ownToken(client: SuiteClient, scope: string): Promise<string> {
  const { body } = await client.token({ grant_type: 'client_credentials', scope });
  return body.access_token;
}

/** A request to a resource with a token, as the ecosystem's clients send it. */
export function call(
  client: SuiteClient,
  token: string,
  path: string,
  { method = 'GET', type, body }: { method?: string; type?: string; body?: string } = {},
): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}`, ...(type && { 'content-type': type }) };
  return client.request(client.server.mtls + path, { method, headers, ...(body !== undefined && { body }) });
}

/** A JWT by a client for the server. */
export function signedBy({ party: { client_id, key, kid }, server }: SuiteClient, claims: JWTPayload): Promise<string> {
  const own = { iss: client_id, aud: [server.issuer], iat: now(), nbf: now(), exp: now() + 3600 };
  return jwt({ ...own, ...claims }, { alg: 'PS256', kid }, key);
}
