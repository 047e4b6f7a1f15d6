import { compactDecrypt, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import type { ClientMetadata, Provider } from 'oidc-provider';

import { httpsFetch } from '../../lib/http/https_fetch.ts';
import { type Claims, type Key, type ProofKey, proofKey, sha256 } from './jwt.ts';
import { type SigningKey, WireClient } from './wire_client.ts';

export type { Answer, Otherwise } from './wire_client.ts';

interface Pair {
  readonly key: Key;
  readonly jwk: JWK;
}

async function pair(alg: string): Promise<Pair> {
  const { privateKey: key, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { key, jwk: await exportJWK(publicKey) };
}

/** Made once: a client has it to be refused with. */
const rsa = await pair('RS256');

/** A client by private_key_jwt and DPoP. */
export class RawClient extends WireClient {
  readonly metadata: ClientMetadata;
  /** A second client, and a protected resource, with keys of the same owner. */
  readonly others: readonly ClientMetadata[];
  readonly redirectUri = 'https://client.example.com/callback';
  /** The public keys of all its clients. */
  readonly keys: JWK[];
  readonly signing: SigningKey;
  provider!: Provider;

  private constructor(issuer: string, { key, jwk }: Pair, proofs: ProofKey, own: object) {
    super(issuer, proofs, httpsFetch({ unverified: [issuer] }));
    this.signing = { key, kid: 'es', alg: 'ES256' };
    this.keys = [
      { ...jwk, kid: 'es' },
      { ...rsa.jwk, kid: 'rs' },
    ];
    const jwks = { keys: this.keys };
    const common = { redirect_uris: [this.redirectUri], jwks, scope: 'openid offline_access' };
    const grants = { grant_types: ['authorization_code', 'refresh_token', 'client_credentials'] };
    this.metadata = { client_id: 'client', ...common, ...grants, ...own } as ClientMetadata;
    this.others = [
      { client_id: 'clien', ...common, ...grants } as ClientMetadata,
      { client_id: 'resource', jwks, grant_types: [], response_types: [] } as never,
    ];
  }

  static async create(issuer: string, own: object = {}): Promise<RawClient> {
    return new RawClient(issuer, await pair('ES256'), await proofKey(), own);
  }

  get client_id(): string {
    return `${this.metadata.client_id}`;
  }

  get params(): Record<string, string> {
    return {
      client_id: this.client_id,
      response_type: 'code',
      redirect_uri: this.redirectUri,
      scope: 'openid offline_access',
      prompt: 'consent',
      code_challenge_method: 'S256',
      code_challenge: sha256(this.verifier),
    };
  }

  /** The content of a JWE for the client, by ECDH-ES. */
  async decrypted(jwe: string): Promise<string> {
    const key = await importJWK(await exportJWK(this.signing.key), 'ECDH-ES');
    return new TextDecoder().decode((await compactDecrypt(jwe, key)).plaintext);
  }

  /** By the RSA key where the header says RS256. */
  override assertion(claims?: object, header: Claims = {}, id?: string, by?: SigningKey): Promise<string> {
    const rs = header.alg === 'RS256' ? { key: rsa.key, kid: 'rs' } : undefined;
    return super.assertion(claims, header, id, by ?? rs);
  }
}
