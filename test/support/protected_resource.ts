import { expect } from 'chai';
import Koa from 'koa';
import { Provider } from 'oidc-provider';
import { clientCertificate } from '../../lib/certificates/presented.ts';
import { oauthError } from '../../lib/http/oauth_error.ts';
import { tokensOf } from '../../lib/resource/access_tokens.ts';
import { dpopNonces } from '../../lib/resource/dpop_nonce.ts';
import { protect } from '../../lib/resource/koa.ts';
import { selfSigned } from '../../lib/server/development_certificate.ts';
import { mutualTlsOptions } from '../../lib/server/tls.ts';
import { type KnexAdapterFactory, knexAdapter } from '../../lib/store/adapter.ts';
import { type Key, type ProofKey, proof, proofKey, sha256 } from './jwt.ts';
import { type Answer, type Ask, type Listener, listen } from './listener.ts';
import { openedDatabase } from './postgres.ts';

/** What a token is to be; by default a minute long, alice's, for `openid accounts`. */
interface Issue {
  jkt?: string;
  'x5t#S256'?: string;
  scope?: string;
  aud?: string;
  expiresIn?: number;
  grantId?: string;
}

export interface ProofOptions {
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  readonly key?: Key;
}

export const path = '/accounts';
export const audience = 'https://rs.example.com';

/** A resource behind `protect()`, on real TLS and a real store, and the provider whose tokens it takes. */
export class ProtectedResource {
  readonly provider: Provider;
  readonly nonces = dpopNonces(Buffer.alloc(32, 7));
  /** What the deployment says of nonces; a test that changes it puts it back. */
  nonce: 'off' | 'optional' | 'required' = 'off';
  readonly #origins = [audience];
  readonly #adapter: KnexAdapterFactory;
  readonly #release: () => Promise<void>;
  #listener!: Listener;

  private constructor(adapter: KnexAdapterFactory, release: () => Promise<void>) {
    this.#adapter = adapter;
    this.#release = release;
    this.provider = new Provider('https://as.example.com', {
      adapter,
      clients: [
        { client_id: 'client', redirect_uris: ['https://rp.example.com/cb'], token_endpoint_auth_method: 'none' },
      ],
      cookies: { keys: ['of the test'] },
      clockTolerance: 15,
    });
  }

  static async open(): Promise<ProtectedResource> {
    const database = await openedDatabase();
    const adapter = knexAdapter(database.knex, { encryption_keys: [Buffer.alloc(32, 1).toString('base64url')] });
    const resource = new ProtectedResource(adapter, () => database.close());
    resource.#listener = await listen(resource.#app(), mutualTlsOptions(await selfSigned(['localhost'])));
    resource.#origins.push(resource.#listener.origin);
    return resource;
  }

  async close(): Promise<void> {
    await this.#listener.close();
    await this.#release();
  }

  get url(): string {
    return this.#listener.origin + path;
  }

  get port(): number {
    return this.#listener.port;
  }

  #app(): Koa {
    const replay = this.#adapter('ReplayDetection');
    const { nonces } = this;
    const rules = {
      origins: this.#origins,
      verify: tokensOf(this.provider),
      unique: (id: string, expiresAt: number) => replay.unique(id, expiresAt),
      clientCertificate: clientCertificate(),
      scope: 'accounts',
      audience,
    };
    const guards = {
      off: protect(rules),
      optional: protect({ ...rules, nonce: { nonces, required: false } }),
      required: protect({ ...rules, nonce: { nonces, required: true } }),
    };
    const app = new Koa();
    app.silent = true;
    return app
      .use(oauthError())
      .use((ctx, next) => guards[this.nonce](ctx as never, next))
      .use((ctx) => {
        ctx.body = ctx.state.token;
      });
  }

  ask(
    headers: Record<string, string | string[]>,
    { at = path, ...options }: Ask & { at?: string } = {},
  ): Promise<Answer> {
    return this.#listener.ask(at, { ...options, headers: headers as Record<string, string> });
  }

  async client() {
    const client = await this.provider.Client.find('client');
    if (!client) throw new Error('the client of the test is not there');
    return client;
  }

  async grantOf(accountId: string) {
    const grant = new this.provider.Grant({ clientId: 'client', accountId });
    await grant.save();
    return grant;
  }

  async userToken(properties: Issue = {}): Promise<string> {
    const grantId = properties.grantId ?? (await this.grantOf('alice')).jti;
    const defaults = {
      accountId: 'alice',
      gty: 'authorization_code',
      scope: 'openid accounts',
      expiresIn: 60,
      aud: audience,
    };
    return new this.provider.AccessToken({ client: await this.client(), ...defaults, ...properties, grantId }).save();
  }

  /** Somebody with a key and, unless told otherwise, a token bound to it. */
  async holder(properties: Issue = {}, alg = 'ES256'): Promise<Holder> {
    const key = await proofKey(alg);
    return new Holder(this, key, await this.userToken({ jkt: key.jkt, ...properties }));
  }
}

export class Holder {
  readonly key: ProofKey;
  token: string;
  readonly #resource: ProtectedResource;

  constructor(resource: ProtectedResource, key: ProofKey, token: string) {
    this.#resource = resource;
    this.key = key;
    this.token = token;
  }

  /** A right proof, but for what a test says; `undefined` takes a member away. */
  proof({ header, claims, key = this.key.key }: ProofOptions = {}): Promise<string> {
    return proof({ ...this.key, key }, 'GET', this.#resource.url, { ath: sha256(this.token), ...claims }, header);
  }

  async present(dpop?: string | string[] | ProofOptions): Promise<Answer> {
    const isMade = typeof dpop === 'string' || Array.isArray(dpop);
    return this.#resource.ask({ authorization: `DPoP ${this.token}`, dpop: isMade ? dpop : await this.proof(dpop) });
  }
}

/** An error in the shape every error has: status, JSON, characters a header can carry. */
export function expectRefusal(answer: Answer, error: string, status = 401): Answer {
  expect(answer.body).to.include({ error });
  expect(answer.status).to.equal(status);
  expect(answer.headers['content-type']).to.match(/^application\/json/);
  expect(answer.headers['cache-control']).to.equal('no-store');
  expect(answer.body.error_description).to.match(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
  return answer;
}
