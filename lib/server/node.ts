import type { Audit } from '../audit/audit.ts';
import type { Config } from '../config/load.ts';
import type { Keys } from '../keys/keys.ts';
import { log } from '../log.ts';
import { fingerprint, fingerprints } from '../management/fingerprint.ts';
import type { Description } from '../management/heartbeat.ts';
import { version } from '../package_file.ts';
import type { Resources } from '../resources.ts';

/** Fingerprints that were made of a configuration, which may have ten thousand clients. */
const known = new WeakMap<Config, Record<string, string>>();

function partsOf(config: Config): Record<string, string> {
  const parts = known.get(config) ?? fingerprints({ ...config });
  known.set(config, parts);
  return parts;
}

/** The row of this process among the nodes; no key is in it. */
export function describeNode({ config, keys }: { config: Config; keys: Keys }, audit: Audit | undefined): Description {
  return {
    configuration: partsOf(config),
    profile: config.profile,
    keys: {
      signing: keys.jwks.keys.map(({ kid, x, n }) => kid ?? fingerprint(x ?? n)),
      cookies: [fingerprint(keys.cookies.sign('node'))],
      dpop_nonce: [fingerprint(keys.dpopNonce.toString('hex'))],
      encryption: config.database.encryption_keys.map((key) => fingerprint(bytesOf(key))),
    },
    // What is written to a file only is not to be looked for in the table.
    chains: config.audit.database ? audit?.ends : undefined,
  };
}

/** The bytes of a key in hexadecimal, since it may be written in more than one way. */
const bytesOf = (key: string) => Buffer.from(key, key.length === 64 ? 'hex' : 'base64').toString('hex');

/** Records that the process serves, and when the resources are closed, that it stops. */
export async function recordLife(audit: Audit, { profile, issuer }: Config, resources: Resources): Promise<void> {
  const record = (event: 'node.started' | 'node.stopped') =>
    audit.write({ event, details: { version, profile, issuer } }).catch(({ message }: Error) => {
      log.error({ reason: message }, 'the trail could not be written');
    });
  await record('node.started');
  resources.add(audit, () => record('node.stopped'));
}
