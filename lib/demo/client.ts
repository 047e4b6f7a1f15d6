import { type CryptoKey, importJWK, importPKCS8 } from 'jose';
import * as openid from 'openid-client';

import type { ClientFile } from '../clients/client_file.ts';
import { OperationalError } from '../errors.ts';
import { httpsFetch } from '../http/https_fetch.ts';
import { selfSigned } from '../server/development_certificate.ts';
import type { KeyPair } from '../server/tls.ts';
import { Recorder } from './recorder.ts';
import { type DevelopmentTarget, sampleKeys, type Target } from './target.ts';

export interface Ways {
  readonly client_auth: 'private_key_jwt' | 'tls_client_auth' | 'self_signed_tls_client_auth';
  readonly sender_constrain: 'dpop' | 'mtls';
}

/** A client, with everything it holds. */
export interface Client extends Ways {
  readonly client_id: string;
  readonly redirectUri: string;
  readonly scope: string;
  /** Authorization parameters beyond those every client has. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly key: openid.PrivateKey;
  readonly authentication: openid.ClientAuth;
  readonly showsCertificate: boolean;
  readonly wire: Recorder;
  /** Somebody else's connections, with a certificate that is not this client's. */
  readonly stranger: Recorder;
  discover(): Promise<openid.Configuration>;
}

interface Metadata {
  readonly redirect_uris: readonly [string];
  readonly scope: string;
  readonly jwks: { readonly keys: readonly [{ readonly kid: string; readonly alg: string }] };
}

/** True where requests, answers and introspections are signed, by the provider's metadata. */
export const isSigned = (config: openid.Configuration): boolean =>
  config.serverMetadata().require_signed_request_object === true;

/** The things in which the sample clients and a client of one's own differ. */
interface Holding {
  readonly target: Target;
  readonly ways: Ways;
  readonly registered: Pick<Client, 'client_id' | 'redirectUri' | 'scope' | 'parameters' | 'key'>;
  /** Signs what the server answers; a library's own default is RS256. */
  readonly alg: string;
  readonly own: KeyPair | undefined;
  readonly other: KeyPair;
  readonly ca?: string | undefined;
}

function clientOf({ target, ways, registered, alg, own, other, ca }: Holding): Client {
  const { unverified, issuer } = target;
  const { client_id, key } = registered;
  const showsCertificate = ways.client_auth !== 'private_key_jwt' || ways.sender_constrain === 'mtls';
  const connected = (pair: KeyPair | undefined) =>
    new Recorder(httpsFetch({ unverified, ...(ca && { ca }), ...(showsCertificate && pair) }));
  const wire = connected(own);
  const authentication = ways.client_auth === 'private_key_jwt' ? openid.PrivateKeyJwt(key) : openid.TlsClientAuth();
  const expected = {
    id_token_signed_response_alg: alg,
    authorization_signed_response_alg: alg,
    introspection_signed_response_alg: alg,
    use_mtls_endpoint_aliases: showsCertificate,
  };
  return {
    ...ways,
    ...registered,
    authentication,
    showsCertificate,
    wire,
    stranger: connected(other),
    async discover() {
      const config = await openid.discovery(new URL(issuer), client_id, expected, authentication, {
        [openid.customFetch]: wire.fetch,
      });
      openid.enableNonRepudiationChecks(config);
      if (isSigned(config)) openid.useJwtResponseMode(config);
      return config;
    },
  };
}

/**
 * A sample client of the development configuration.
 *
 * @throws {OperationalError} when there is none that authenticates so.
 */
export async function sampleClient(target: DevelopmentTarget, ways: Ways): Promise<Client> {
  const client_id = `${ways.client_auth}-${ways.sender_constrain}`;
  const metadata = target.config.clients.find((client) => client.client_id === client_id);
  if (!metadata) throw new OperationalError(`there is no sample client ${client_id}`);
  // The sample clients have these members.
  const { redirect_uris, scope, jwks } = metadata as unknown as Metadata;
  const [redirectUri] = redirect_uris;
  const keys = await sampleKeys();
  const { kid, alg } = jwks.keys[0];
  const key = { key: await importPKCS8(keys.key, alg), kid };
  const self = ways.client_auth === 'self_signed_tls_client_auth';
  const [own, other] = self ? [keys.selfSigned, keys.certificate] : [keys.certificate, keys.selfSigned];
  return clientOf({
    target,
    ways,
    registered: { client_id, redirectUri, scope, parameters: {}, key },
    alg,
    own,
    other,
  });
}

/**
 * A client that is registered at a provider of any make.
 *
 * @param redirectUri its own, with the port that is listened on.
 * @throws {OperationalError} when it has to show a certificate and has none.
 */
export async function ownClient(
  target: Target,
  ways: Ways,
  { client_id, jwk, scope, tls, parameters }: ClientFile,
  redirectUri: string,
  ca?: string,
): Promise<Client> {
  const alg = `${jwk.alg}`;
  const key = (await importJWK(jwk, alg)) as CryptoKey;
  const registered = { client_id, redirectUri, scope, parameters, key: { key, ...(jwk.kid && { kid: jwk.kid }) } };
  const other = await selfSigned(['somebody-else.example']);
  const client = clientOf({ target, ways, registered, alg, own: tls, other, ca });
  if (client.showsCertificate && !tls) {
    throw new OperationalError(`${client_id} has to show a certificate: write cert and key into its file, as PEM`);
  }
  return client;
}
