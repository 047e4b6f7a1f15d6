import type { Client, Configuration } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { seconds } from '../seconds.ts';
import type { Mechanism } from './mechanism.ts';

/** Longest time, in seconds, a client's keys are used without asking for them again. */
const longestCache = 600;

type Fetch = NonNullable<Configuration['fetch']>;

/** Only https, no redirects, and never cached for longer than we choose, whatever the other side's headers say. */
function guarded(theirs: Fetch): Fetch {
  return async (url, options) => {
    if (new URL(url).protocol !== 'https:') throw new TypeError('only https is fetched');
    const response = await theirs(url, { ...options, redirect: 'error' });
    const age = /max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '')?.[1];
    const headers = new Headers(response.headers);
    headers.delete('expires');
    headers.set('cache-control', `max-age=${Math.min(Number(age ?? 60), longestCache)}`);
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
  };
}

/** Seconds in which a server that has failed is not asked again, whoever names its client. */
const pause = 5;

type KeyStore = { refresh(): Promise<void>; fresh(): boolean; clear(): void; freshUntil: number };

/** Keys of a client that are published, not registered. */
export function jwksUri(): Mechanism {
  return {
    name: 'jwks_uri',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.4.2-1',
        text: 'jwks_uri endpoints are served over TLS',
        *client({ jwks_uri }) {
          if (jwks_uri !== undefined && !/^https:\/\/[^/]/i.test(`${jwks_uri}`)) {
            yield { path: ['jwks_uri'], text: 'must be an https URL' };
          }
        },
      },
      {
        id: 'FAPI2-SP-FINAL-6.8-1',
        text: 'a key that its owner removes is not accepted for longer than it may be cached',
      },
    ],
    configuration: {
      fetch: (url, options) => globalThis.fetch(url, options),
      fetchResponseBodyLimits: { jwks_uri: 256 * 1024, sector_identifier_uri: 256 * 1024 },
    },
    hooks: { fetch: (theirs) => theirs && guarded(theirs) },
    attach(provider) {
      const { Client } = provider;
      const find = Client.find;
      Client.find = async function findClient(this: typeof Client, ...args: Parameters<typeof find>) {
        const client = (await find.apply(this, args)) as (Client & { asymmetricKeyStore: KeyStore }) | undefined;
        // Core verifies with what it has first and only asks again when that fails, so a removed key would work for ever.
        if (client?.jwksUri && !client.asymmetricKeyStore.fresh()) {
          const keys = client.asymmetricKeyStore;
          await keys.refresh().catch((cause) => {
            // Core takes what it had for fresh again also when the answer was that there is nothing.
            keys.clear();
            keys.freshUntil = seconds() + pause;
            throw Object.assign(new errors.InvalidClient('the keys at jwks_uri cannot be read'), { cause });
          });
        }
        return client;
      } as typeof find;
    },
  };
}
