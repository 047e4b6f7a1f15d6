import * as openid from 'openid-client';

import { httpsFetch } from '../../http/https_fetch.ts';
import { seconds } from '../../seconds.ts';
import { type RecordedExchange, Recorder } from '../recorder.ts';
import { audience } from './bank_api.ts';

export const purposes = ['sign_in', 'accounts', 'payment'] as const;
export type Purpose = (typeof purposes)[number];

/** The most exchanges of one flow that are kept to be told. */
const mostExchanges = 12;

/** One trip of a person to the bank and back, and what came of it. It never leaves this process. */
export class Flow {
  readonly purpose: Purpose;
  /** The browser that began it: the answer is taken from no other. */
  readonly visitor: string;
  /** Public key and private key of this person's tokens; one pair for each session. */
  readonly keyPair: openid.CryptoKeyPair;
  readonly config: openid.Configuration;
  readonly options: openid.DPoPOptions;
  readonly checks = {
    pkceCodeVerifier: openid.randomPKCECodeVerifier(),
    expectedState: openid.randomState(),
    expectedNonce: openid.randomNonce(),
  };
  readonly exchanges: RecordedExchange[] = [];
  readonly #wire: Recorder;
  params = new URLSearchParams();
  /** The address the browser is sent to. */
  address!: URL;
  /** The address the browser came back to. */
  callback!: URL;
  access_token = '';
  refresh_token: string | undefined;
  /** Seconds since the epoch at which the access token ends. */
  until = 0;
  refreshing: Promise<void> | undefined;

  constructor(purpose: Purpose, visitor: string, keyPair: openid.CryptoKeyPair, planner: PlannerOptions) {
    this.purpose = purpose;
    this.visitor = visitor;
    this.keyPair = keyPair;
    this.#wire = new Recorder(httpsFetch({ unverified: planner.unverified }));
    this.config = configuration(planner, this.#wire);
    this.options = { DPoP: openid.getDPoPHandle(this.config, keyPair) };
  }

  /** Notes what went over the wire for the page to tell; what comes later than the first requests is not kept. */
  note(): void {
    this.exchanges.push(...this.#wire.take().slice(0, mostExchanges - this.exchanges.length));
  }
}

export interface PlannerOptions {
  readonly server: openid.ServerMetadata;
  readonly client_id: string;
  readonly key: openid.PrivateKey;
  /** The app's own origin. */
  readonly origin: string;
  /** The origin of the bank's own server. */
  readonly bank: string;
  /** Origins of this machine, whose certificates are of their own making. */
  readonly unverified: readonly string[];
}

function configuration({ server, client_id, key }: PlannerOptions, wire: Recorder): openid.Configuration {
  const metadata = { id_token_signed_response_alg: 'ES256' };
  const config = new openid.Configuration(server, client_id, metadata, openid.PrivateKeyJwt(key));
  config[openid.customFetch] = wire.fetch;
  openid.enableNonRepudiationChecks(config);
  return config;
}

type Details = readonly Readonly<Record<string, unknown>>[];

/** The app's own server as a client of the bank: it holds the key and the tokens, the browser holds neither. */
export class Planner {
  readonly options: PlannerOptions;

  constructor(options: PlannerOptions) {
    this.options = options;
  }

  /** Pushes a request; the browser is sent to `address` of what comes back. */
  async begin(
    purpose: Purpose,
    visitor: string,
    keyPair: openid.CryptoKeyPair | undefined,
    details?: Details,
  ): Promise<Flow> {
    const pair = keyPair ?? (await openid.randomDPoPKeyPair('ES256'));
    const flow = new Flow(purpose, visitor, pair, this.options);
    const { checks, config, options } = flow;
    flow.params = new URLSearchParams({
      response_type: 'code',
      redirect_uri: `${this.options.origin}/callback`,
      scope: 'openid',
      ...(details ? { authorization_details: JSON.stringify(details) } : { claims: '{"id_token":{"name":null}}' }),
      code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: checks.expectedState,
      nonce: checks.expectedNonce,
    });
    flow.address = await openid.buildAuthorizationUrlWithPAR(config, flow.params, options);
    flow.note();
    return flow;
  }

  /** Exchanges the code the browser came back with; the ID Token says who it was. */
  async finish(flow: Flow, callback: URL): Promise<{ sub: string; name: string }> {
    flow.callback = callback;
    const { config, checks, options, purpose } = flow;
    const resource = purpose === 'sign_in' ? undefined : { resource: audience };
    const tokens = await openid.authorizationCodeGrant(config, callback, checks, resource, options);
    take(flow, tokens);
    flow.note();
    const { sub = '', name = sub } = { ...tokens.claims() };
    return { sub, name: `${name}` };
  }

  /** Asks the bank's own server, with an access token that is alive. */
  async call(flow: Flow, method: 'GET' | 'POST', path: string): Promise<Response> {
    await this.#refresh(flow);
    const url = new URL(path, this.options.bank);
    const { config, access_token, options } = flow;
    const response = await openid.fetchProtectedResource(config, access_token, url, method, null, undefined, options);
    flow.note();
    return response;
  }

  /** Gets a new access token where the old one ends. Two tabs that ask at the same time wait for the same one. */
  #refresh(flow: Flow): Promise<void> {
    const { config, refresh_token, options } = flow;
    if (!refresh_token || flow.until > seconds() + 10) return Promise.resolve();
    flow.refreshing ??= openid
      .refreshTokenGrant(config, refresh_token, { resource: audience }, options)
      .then((tokens) => take(flow, tokens))
      .finally(() => {
        flow.refreshing = undefined;
      });
    return flow.refreshing;
  }

  /** Ends what the person allowed: no refresh token of it is good any more. */
  async revoke({ config, refresh_token }: Flow): Promise<void> {
    if (refresh_token) await openid.tokenRevocation(config, refresh_token);
  }
}

function take(
  flow: Flow,
  tokens: Pick<openid.TokenEndpointResponse, 'access_token' | 'refresh_token' | 'expires_in'>,
): void {
  flow.access_token = tokens.access_token;
  flow.refresh_token = tokens.refresh_token ?? flow.refresh_token;
  flow.until = seconds() + (tokens.expires_in ?? 0);
}
