import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { hashPassword } from '../../lib/accounts/password.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import { migratedDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Answer, type Otherwise, RawClient } from '../support/raw_client.ts';
import { clients } from './clients.ts';
import { type FlowServer, flowServer, trustingFetch } from './server.ts';

export const profiles = ['fapi2-security-profile', 'fapi2-message-signing'] as const;
export const fetch = trustingFetch();

/** Percent-encoded as it stands, for bytes that are no text. */
export interface Encoded {
  readonly encoded: string;
}
export type Value = string | Encoded;
type Fields = Readonly<Record<string, Value>> | readonly (readonly [string, Value])[];

export const encode = (value: Value): string => (typeof value === 'string' ? encodeURIComponent(value) : value.encoded);

const form = 'application/x-www-form-urlencoded';
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export function payload(jwt: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(`${jwt}`.split('.')[1] ?? '', 'base64url').toString());
}

/** `path=value` of all that the sample file lacks without `development: true`. */
export async function inProduction(): Promise<string[]> {
  const password_hash = await hashPassword('demo');
  return [
    'development=false',
    `database.encryption_keys=["${randomBytes(32).toString('base64')}"]`,
    `accounts=${JSON.stringify([{ login: 'demo', password_hash }])}`,
  ];
}

/** A server on Postgres, and a client that sends it what it likes. */
export class RawFlow {
  readonly signed: boolean;
  server!: FlowServer;
  client!: RawClient;
  #database!: TestDatabase;

  /**
   * For the tests of the suite this is called in.
   * @param set `path=value` for the configuration file
   */
  constructor(profile: (typeof profiles)[number], set: () => Promise<readonly string[]> = async () => []) {
    this.signed = profile === 'fapi2-message-signing';
    before(async () => {
      this.#database = await migratedDatabase();
      const port = await freePort();
      this.client = await RawClient.create(`https://localhost:${port}`, {});
      const bound = { client_id: 'certified', tls_client_certificate_bound_access_tokens: true };
      const certified = { ...this.client.metadata, ...bound };
      const encryption = {
        authorization_encrypted_response_alg: 'ECDH-ES',
        authorization_encrypted_response_enc: 'A256GCM',
      };
      const sealed = this.signed ? [{ ...this.client.metadata, client_id: 'sealed', ...encryption }] : [];
      const own = [this.client.metadata, ...this.client.others, certified, ...sealed].map((metadata) => ({ metadata }));
      const database = this.#database.url;
      this.server = await flowServer({ profile, database, port, clients: [...own, ...clients], set: await set() });
    });
    after(async () => {
      await this.server?.close();
      await this.#database?.drop();
    });
  }

  async send(path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> {
    const type = { 'content-type': form, ...headers };
    const response = await fetch(this.server.issuer + path, { method: 'POST', body, headers: type });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text && JSON.parse(text) };
  }

  /** What the client says, authenticated as ever. */
  async fields(path: string, fields: Fields, headers: Record<string, string> = {}): Promise<Answer> {
    const all = [
      ...(Array.isArray(fields) ? (fields as [string, Value][]) : Object.entries(fields)),
      ['client_assertion', await this.client.assertion()],
      ['client_assertion_type', assertionType],
    ] as const;
    return this.send(path, all.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&'), headers);
  }

  /** A right request, as the profile wants it. */
  async push(params: Readonly<Record<string, string>>, otherwise: Otherwise = {}): Promise<Answer> {
    if (!this.signed) return this.client.push(params, otherwise);
    const request = await this.client.requestObject({ ...params, response_mode: 'jwt' });
    return this.client.push({ client_id: 'client', request }, otherwise);
  }

  /** The authorization response, out of its JWT where it comes in one. */
  answer({ searchParams }: URL): Readonly<Record<string, unknown>> {
    return this.signed ? payload(searchParams.get('response')) : Object.fromEntries(searchParams);
  }
}

/** Refused in JSON, by a code of the protocol, in words that name what is wrong. */
export function expectRefusal({ status, headers, body }: Answer, expected: number, description: RegExp): void {
  expect(status, JSON.stringify(body)).to.equal(expected);
  expect(headers.get('content-type')).to.match(/^application\/json/);
  expect(body.error)
    .to.match(/^[a-z_]+$/)
    .and.not.equal('server_error');
  expect(`${body.error} ${body.error_description}`).to.match(description);
}
