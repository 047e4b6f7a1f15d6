import type Provider from 'oidc-provider';

import type { Config } from '../config/load.ts';
import { log } from '../log.ts';

/**
 * Warns of names in `introspected_by` that belong to no client. It is no error, since a client of the database may be
 * added later.
 */
export async function tellAbsent({ resources }: Pick<Config, 'resources'>, provider: Provider): Promise<void> {
  for (const [index, { introspected_by = [] }] of resources.entries()) {
    for (const client_id of introspected_by) {
      // One that is there and cannot be used is told of elsewhere.
      if (await provider.Client.find(client_id).catch(() => true)) continue;
      const key = `resources.${index}.introspected_by`;
      log.warn({ key, client_id }, 'no client has this client_id, so that nobody can introspect by it yet');
    }
  }
}
