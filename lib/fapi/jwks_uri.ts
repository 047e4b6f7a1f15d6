import type { Client, ClientMetadata, Configuration } from 'oidc-provider';
import Core, { errors } from 'oidc-provider';

import { reachable } from '../http/networks.ts';
import { type OutboundSettings, outboundFetch } from '../http/outbound.ts';
import { type Endpoint, isFormEndpoint } from '../http/routes.ts';
import { log } from '../log.ts';
import { seconds } from '../seconds.ts';
import type { Mechanism } from './mechanism.ts';

/** Longest time, in seconds, a client's keys are used without asking for them again. */
const longestCache = 600;

type Fetch = NonNullable<Configuration['fetch']>;

/**
 * Wraps a deployment's `fetch`: https only, no redirects, and no answer is cached for longer than `longestCache`,
 * whatever its headers say.
 */
function guarded(theirs: Fetch): Fetch {
  return async (url, options) => {
    if (new URL(url).protocol !== 'https:') throw new TypeError('only https is fetched');
    const response = await theirs(url, { ...options, redirect: 'error' });
    // One of a deployment's own may not know the option.
    if (response.redirected) throw new TypeError('redirects are not followed');
    const age = /max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '')?.[1];
    const headers = new Headers(response.headers);
    headers.delete('expires');
    headers.set('cache-control', `max-age=${Math.min(Number(age ?? 60), longestCache)}`);
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
  };
}

/** Seconds in which a server that has failed is not asked again, whoever names its client. */
const pause = 5;

interface KeyStore {
  refresh(): Promise<void>;
  fresh(): boolean;
  clear(): void;
  freshUntil: number;
  selectForVerify(wanted: { alg?: string; kid?: unknown }): { kid?: string }[];
}

type Keyed = Client & { readonly asymmetricKeyStore: KeyStore };

/** Methods of authentication that need the client's keys. */
const byKey: readonly (string | undefined)[] = ['private_key_jwt', 'self_signed_tls_client_auth'];

/**
 * Reads a client's published keys, unless they are fresh.
 *
 * @throws {InvalidClientAuth} when they cannot be read.
 */
async function readKeys({ jwksUri, asymmetricKeyStore: keys }: Keyed): Promise<void> {
  // Core verifies with what it has first and only asks again when that fails, so a removed key would work for ever.
  if (!jwksUri || keys.fresh()) return;
  await keys.refresh().catch((cause) => {
    // Core takes what it had for fresh again also when the answer was that there is nothing.
    keys.clear();
    keys.freshUntil = seconds() + pause;
    throw Object.assign(new errors.InvalidClientAuth('the keys at jwks_uri cannot be read'), { cause });
  });
}

const hinted = new WeakSet<KeyStore>();

/** Takes a `kid` for a hint: where the client has one fitting key without a `kid`, that key is used. */
function takeHint({ asymmetricKeyStore: keys }: Keyed): void {
  if (hinted.has(keys)) return;
  hinted.add(keys);
  const select = keys.selectForVerify;
  keys.selectForVerify = function selectForVerify(wanted) {
    const found = select.call(this, wanted);
    if (found.length > 0 || wanted.kid === undefined) return found;
    const fitting = select.call(this, { ...wanted, kid: undefined });
    return fitting.length === 1 && fitting[0]?.kid === undefined ? fitting : found;
  };
}

/** Warns, once for each client, that its keys will never be read, where its address says so. */
function insideWarnings({ allow }: OutboundSettings): (client: ClientMetadata) => void {
  const may = reachable(allow);
  const told = new Set<string>();
  return ({ client_id, jwks_uri }) => {
    const why = URL.canParse(`${jwks_uri}`) ? may.refused(new URL(`${jwks_uri}`).hostname) : undefined;
    if (!why || told.size > 10_000 || told.has(client_id)) return;
    told.add(client_id);
    log.warn({ client: client_id, jwks_uri, why }, 'the keys of a client will never be read');
  };
}

/**
 * Reads the keys of clients that publish them, and reads them again where a removed one would go on working.
 *
 * @param settings addresses that requests of this server may reach; all of core's requests go the same way.
 */
export function jwksUri(settings: OutboundSettings = {}): Mechanism {
  const fetch = outboundFetch(settings) as Fetch;
  const warn = insideWarnings(settings);
  return {
    name: 'jwks_uri',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.4.2-1',
        text: 'jwks_uri endpoints are served over TLS',
        *client(metadata, configuration) {
          const { jwks_uri } = metadata;
          if (jwks_uri !== undefined && !/^https:\/\/[^/]/i.test(`${jwks_uri}`)) {
            yield { path: ['jwks_uri'], text: 'must be an https URL' };
          } else if (configuration.fetch === fetch) warn(metadata);
        },
      },
      {
        id: 'RFC7515-4.1.4',
        text: 'kid is a hint: it need not be known where the client has one fitting key, without a kid',
      },
      {
        id: 'FAPI2-SP-FINAL-6.8-1',
        text: 'a key that its owner removes is not accepted for longer than it may be cached',
      },
    ],
    configuration: {
      fetch,
      fetchResponseBodyLimits: { jwks_uri: 256 * 1024, sector_identifier_uri: 256 * 1024 },
    },
    hooks: {
      fetch: (theirs) => theirs && guarded(theirs),
      'features.requestObjects.assertJwtClaimsAndHeader': (theirs) => async (ctx, claims, header, client) => {
        await theirs?.(ctx, claims, header, client);
        // Core verifies the signature next; a request object that was pushed before has been verified.
        if (!('PushedAuthorizationRequest' in ctx.oidc.entities)) await readKeys(client as Keyed);
      },
    },
    attach(provider) {
      const { Client } = provider;
      const find = Client.find;
      Client.find = async function findClient(this: typeof Client, ...args: Parameters<typeof find>) {
        const client = (await find.apply(this, args)) as Keyed | undefined;
        if (!client) return client;
        takeHint(client);
        const { route, client: known } = Core.ctx?.oidc ?? {};
        // Keys are needed where the client authenticates, and it is the first one looked for there. Nowhere else: its valid
        // tokens and its people have nothing to do with them.
        const authenticates = isFormEndpoint(route as Endpoint) && !known;
        if (authenticates && byKey.includes(client.tokenEndpointAuthMethod)) await readKeys(client);
        return client;
      };
    },
  };
}
