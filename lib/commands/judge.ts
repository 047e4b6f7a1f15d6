import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';

import { readCertificates } from '../certificates/pem.ts';
import type { Config } from '../config/load.ts';
import { ModuleError, ProfileViolationError, type Violation } from '../errors.ts';
import type { ReplayAdapter } from '../fapi/replay.ts';
import { loadKeys } from '../keys/keys.ts';
import { violations } from '../profile.ts';
import { loadExtension } from '../server/extension.ts';
import { ownKeys } from '../server/key_module.ts';
import { configurationOf, createProvider, type Parts, profileOf } from '../server/provider.ts';

/** Stands for the store: it keeps nothing but which ids it was asked about. */
export class Nowhere implements ReplayAdapter {
  readonly #seen = new Set<string>();

  has(id: string): boolean {
    return this.#seen.has(id);
  }
  async unique(id: string): Promise<boolean> {
    return this.#seen.size < this.#seen.add(id).size;
  }
  async upsert(): Promise<void> {}
  async find(): Promise<undefined> {}
  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async consume(): Promise<void> {}
  async destroy(): Promise<void> {}
  async revokeByGrantId(): Promise<void> {}
}

/** Stands for keys that will be made, or are kept in a database nobody has asked yet. */
const placeholder = { keys: [{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', kid: 'made at the first start' }] };

/**
 * Reads the certificates of authorities; empty where the file cannot be used, which is reported as a problem of the
 * file.
 */
async function authorityOf(file: string): Promise<string> {
  try {
    const text = await readFile(file, 'utf8');
    readCertificates(text);
    return text;
  } catch {
    return rootCertificates[0] ?? '';
  }
}

/** Loads a module; where it cannot be used, a problem is added in its place. */
async function usable<T>(load: () => Promise<T>, problems: Violation[]): Promise<T | undefined> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    problems.push({ path: error.key.split('.'), text: error.text });
    return undefined;
  }
}

/**
 * The parts of a provider for judging alone: no database answers, no key is made or kept.
 *
 * @param problems modules that cannot be used are added to it.
 */
export async function stand(config: Config, make = false, problems: Violation[] = []): Promise<Parts> {
  const { ca } = config.mtls ?? {};
  const own = await usable(() => ownKeys(config), problems);
  return {
    adapter: Nowhere,
    extension: await usable(() => loadExtension(config.extend), problems),
    accounts: { authenticate: async () => undefined, findAccount: () => undefined },
    keys: await loadKeys(async (_name, made) => made(), own ?? (make ? undefined : placeholder)),
    authorities: ca ? [await authorityOf(ca)] : [],
  };
}

/** Every way in which a configuration is outside its profile. No provider is made: the one that serves says what core adds. */
export async function judge(config: Config): Promise<readonly Violation[]> {
  const problems: Violation[] = [];
  const parts = await stand(config, false, problems);
  return [...problems, ...violations(profileOf(config, parts), configurationOf(config, parts), config.issuer)];
}

/**
 * Every way in which a configuration is outside its profile, and what core itself would refuse: a provider is made to
 * find it. For commands that do not go on to serve.
 */
export async function judgeWhole(config: Config): Promise<readonly Violation[]> {
  const problems: Violation[] = [];
  try {
    await createProvider(config, await stand(config, true, problems));
    return problems;
  } catch (error) {
    if (error instanceof ProfileViolationError) return [...problems, ...error.violations];
    throw error;
  }
}
