import { generateKeyPairSync } from 'node:crypto';

import Provider, { type Adapter, type ClientMetadata, type Configuration } from 'oidc-provider';

import { fapiProvider } from '../../../lib/fapi_provider.ts';
import { fapi2SecurityProfile } from '../../../lib/profiles/fapi2_security_profile.ts';
import type { Bench } from '../bench.ts';
import { issuer, metadata } from '../client.ts';
import type { Figure } from '../figure.ts';
import { coreInMemory, ours } from '../subjects.ts';

const CLIENTS = 1000;

/** Processor time to read a client that has not been seen before, where reading a row costs nothing. */
export async function clients({ key, repetitions }: Bench): Promise<Figure[]> {
  const { jwks } = metadata(key);
  const registered: ClientMetadata = { ...metadata(key), jwks: { keys: [...(jwks?.keys ?? [])] } };
  const seen = new Set<string>();
  const adapter = () => ({
    find: async (client_id: string) => ({ ...structuredClone(registered), client_id }),
    unique: async (id: string) => !seen.has(id) && seen.add(id) !== undefined,
  });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const configuration: Configuration = {
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' } as never] },
    cookies: { keys: ['a key that signs nothing but measurements'] },
    adapter: adapter as unknown as (model: string) => Adapter,
    scopes: ['openid', 'offline_access'],
  };
  const providers = {
    [ours]: await fapiProvider(
      Provider,
      issuer,
      configuration,
      fapi2SecurityProfile({ dpop: { nonceSecret: Buffer.alloc(32, 1) } }),
    ),
    [coreInMemory]: new Provider(issuer, {
      ...configuration,
      features: { fapi: { enabled: true, profile: '2.0' }, dPoP: { enabled: true } },
      responseTypes: ['code'],
    }),
  };
  const values: Record<string, number[]> = { [ours]: [], [coreInMemory]: [] };
  let asked = 0;
  // The first time is for the compiler.
  for (let repetition = 0; repetition <= repetitions; repetition += 1) {
    for (const [name, provider] of Object.entries(providers)) {
      const before = process.cpuUsage();
      for (let client = 0; client < CLIENTS; client += 1) {
        asked += 1;
        await provider.Client.find(`client ${asked}`);
      }
      const { user, system } = process.cpuUsage(before);
      if (repetition > 0) values[name]?.push((user + system) / CLIENTS / 1000);
    }
  }
  return [
    {
      name: 'processor time to read a client not seen before',
      unit: 'ms',
      values,
      of: ours,
      against: coreInMemory,
      goal: { sense: '<=', limit: 2 },
    },
  ];
}
