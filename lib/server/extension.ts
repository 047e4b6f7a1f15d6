import type { Configuration, Provider } from 'oidc-provider';

import type { Accounts } from '../accounts/accounts.ts';
import { accountsBy } from '../accounts/module.ts';
import { didYouMean } from '../did_you_mean.ts';
import { ModuleError } from '../errors.ts';
import type { Staged } from '../fapi/stages.ts';
import type { InteractionsOptions } from '../interactions/routes.ts';
import { loadModule } from '../module_calls.ts';
import type { Profile } from '../profile.ts';
import type { ProfileSettings } from '../profiles/fapi2_security_profile.ts';

/** A deployment's own part of the server: what its module of `extend` exports, or `startServer` is given in code. */
export interface Extension {
  /** Core's configuration, laid over the file's and judged by the profile like a team's own. */
  readonly configuration?: Configuration;
  /** Middleware, each in the stage it belongs to; made for the provider where it needs it. */
  readonly middleware?: Staged | ((provider: Provider) => Staged);
  /** Settings of the login and consent pages, laid over the file's. */
  readonly interactions?: Partial<Omit<InteractionsOptions, 'accounts'>>;
  /** The accounts that may log in, instead of the file's and the database's. */
  readonly accounts?: Accounts;
  /** A profile of the deployment's own, an ecosystem for example, in place of the one the file's `profile` names. */
  readonly profile?: (settings: ProfileSettings) => Profile;
}

const members: Readonly<Record<keyof Extension, readonly string[]>> = {
  configuration: ['object'],
  middleware: ['object', 'function'],
  interactions: ['object'],
  accounts: ['object'],
  profile: ['function'],
};

/**
 * Loads the module that the file names under `extend`.
 *
 * @throws {ModuleError} when it cannot be loaded, or exports what is no part of the server: a misspelt name would be
 *   ignored, and what it says lost.
 */
export async function loadExtension(path: string | undefined): Promise<Extension> {
  if (path === undefined) return {};
  const named = { path, key: 'extend' };
  const module = await loadModule(named);
  const exported = (typeof module.default === 'object' ? module.default : module) as Record<string, unknown>;
  const names = Object.keys(members);
  for (const [name, value] of Object.entries(exported)) {
    const kinds = members[name as keyof Extension];
    if (!kinds) {
      throw new ModuleError(
        named.key,
        `${path} exports ${name}${didYouMean(name, names) || `, which is none of ${names.join(', ')}`}`,
      );
    }
    if (value === null || !kinds.includes(typeof value)) {
      throw new ModuleError(named.key, `${path} exports ${name}, which has to be ${kinds.join(' or ')}`);
    }
  }
  return exported.accounts
    ? { ...exported, accounts: accountsBy(named, exported.accounts as Readonly<Record<string, unknown>>) }
    : exported;
}
