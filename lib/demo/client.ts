import { importPKCS8 } from 'jose';
import * as openid from 'openid-client';

import { OperationalError } from '../errors.ts';
import { httpsFetch } from '../http/https_fetch.ts';
import type { KeyPair } from '../server/tls.ts';
import { Recorder } from './recorder.ts';
import { sampleKeys, type Target } from './target.ts';

export interface Ways {
  readonly client_auth: 'private_key_jwt' | 'tls_client_auth' | 'self_signed_tls_client_auth';
  readonly sender_constrain: 'dpop' | 'mtls';
}

/** One of the sample clients, with everything it holds. */
export interface SampleClient extends Ways {
  readonly client_id: string;
  readonly redirectUri: string;
  readonly scope: string;
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

/** The algorithms a client expects of the server; a library's own defaults are RS256. */
const expectations = {
  id_token_signed_response_alg: 'ES256',
  authorization_signed_response_alg: 'ES256',
  introspection_signed_response_alg: 'ES256',
};

/** True of a provider where requests, answers and introspections are signed, by its metadata. */
export const isSigned = (config: openid.Configuration): boolean =>
  config.serverMetadata().require_signed_request_object === true;

/** @throws {OperationalError} when the development configuration has no such client. */
export async function sampleClient(target: Target, ways: Ways): Promise<SampleClient> {
  const client_id = `${ways.client_auth}-${ways.sender_constrain}`;
  const metadata = target.config.clients.find((client) => client.client_id === client_id);
  if (!metadata) throw new OperationalError(`there is no sample client ${client_id}`);
  const {
    redirect_uris: [redirectUri],
    scope,
    jwks,
  } = metadata as unknown as Metadata;
  const keys = await sampleKeys();
  const { kid, alg } = jwks.keys[0];
  const key = { key: await importPKCS8(keys.key, alg), kid };
  const self = ways.client_auth === 'self_signed_tls_client_auth';
  const [own, other]: KeyPair[] = self ? [keys.selfSigned, keys.certificate] : [keys.certificate, keys.selfSigned];
  const showsCertificate = ways.client_auth !== 'private_key_jwt' || ways.sender_constrain === 'mtls';
  const { unverified } = target;
  const wire = new Recorder(httpsFetch({ unverified, ...(showsCertificate && own) }));
  const authentication = ways.client_auth === 'private_key_jwt' ? openid.PrivateKeyJwt(key) : openid.TlsClientAuth();
  return {
    ...ways,
    client_id,
    redirectUri,
    scope,
    key,
    authentication,
    showsCertificate,
    wire,
    stranger: new Recorder(httpsFetch({ unverified, ...(showsCertificate && other) })),
    async discover() {
      const config = await openid.discovery(
        new URL(target.issuer),
        client_id,
        { ...expectations, use_mtls_endpoint_aliases: showsCertificate },
        authentication,
        { [openid.customFetch]: wire.fetch },
      );
      openid.enableNonRepudiationChecks(config);
      if (isSigned(config)) openid.useJwtResponseMode(config);
      return config;
    },
  };
}
