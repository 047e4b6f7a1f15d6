import { authorize, Browser, heading } from '../../lib/demo/browser.ts';
import type { HttpsFetch } from '../../lib/http/https_fetch.ts';
import { person } from '../support/wire_client.ts';
import type { TestClient } from './clients.ts';
import { type FlowServer, trustingFetch } from './server.ts';

export interface Tokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly refresh_token?: string | undefined;
  readonly scope?: string | undefined;
  /** Of a validated ID Token. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/** What a client library does in a flow, by whatever names it has for it. */
export interface FlowClient {
  /** Pushes a request, and answers where the browser is to go. */
  push(params: Readonly<Record<string, string>>): Promise<URL>;
  /** Takes what the browser comes back with to the token endpoint. */
  exchange(callback: URL): Promise<Tokens>;
  refresh(refreshToken: string): Promise<Tokens>;
  clientCredentials(params: Readonly<Record<string, string>>): Promise<Tokens>;
  resource(accessToken: string, url: URL): Promise<Response>;
  userinfo(accessToken: string, sub: string): Promise<Readonly<Record<string, unknown>>>;
  introspect(token: string): Promise<Readonly<Record<string, unknown>>>;
  revoke(token: string): Promise<void>;
}

/** A client library, set up for one client and one server. */
export type Library = (server: FlowServer, client: TestClient, fetch?: HttpsFetch) => Promise<FlowClient>;

export const redirectUri = 'http://127.0.0.1:4711/callback';

/** Whether the server wants request objects and answers by JARM. */
export const signsMessages = ({ profile }: FlowServer): boolean => profile === 'fapi2-message-signing';

/** Which endpoints a client uses: those of the mutual TLS listener when it has a certificate to show there. */
export const expectations = (certificate: TestClient['certificate']) => ({
  use_mtls_endpoint_aliases: certificate !== undefined,
  id_token_signed_response_alg: 'ES256',
  authorization_signed_response_alg: 'ES256',
  introspection_signed_response_alg: 'ES256',
});

/** From the push to the code: a person logs in and consents, in a browser of their own. */
export async function authorized(flow: FlowClient, params: Readonly<Record<string, string>>): Promise<URL> {
  const place = await authorize(new Browser(trustingFetch()), await flow.push(params), person);
  if (!place.url.href.startsWith(`${redirectUri}?`)) {
    throw new Error(`the browser stays at ${place.url}: ${place.response?.status} ${heading(place)}`);
  }
  return place.url;
}
