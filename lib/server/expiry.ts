import { readFile } from 'node:fs/promises';

import { readCertificates } from '../certificates/pem.ts';
import type { Config } from '../config/load.ts';
import { log } from '../log.ts';

/** A certificate of the configuration, and the time that is left of it. */
export interface Lifetime {
  /** The key that names its file. */
  readonly key: string;
  readonly file: string;
  readonly subject: string;
  readonly not_after: Date;
  /** Whole days that are left; negative when it has expired. */
  readonly days: number;
}

/** Days before the end at which it is told. */
const told = [30, 14, 7, 1] as const;
const day = 86_400_000;

/**
 * Lists every certificate that a configuration names, the first to end first. A file that cannot be read is left out.
 */
export async function lifetimes({ listen, mtls, management, database }: Config, now = Date.now()): Promise<Lifetime[]> {
  const files = {
    'listen.tls.cert': listen.tls?.cert,
    'mtls.tls.cert': mtls?.tls?.cert,
    'mtls.ca': mtls?.ca,
    'management.tls.cert': management?.tls?.cert,
    'management.ca': management?.ca,
    'database.tls.ca': database.tls?.ca,
    'database.tls.cert': database.tls?.cert,
  };
  const found: Lifetime[] = [];
  for (const [key, file] of Object.entries(files)) {
    const content = file === undefined ? undefined : await readFile(file).catch(() => undefined);
    if (file === undefined || !content) continue;
    for (const { subject, validTo } of readCertificates(content, { others: 'ignored' })) {
      const not_after = new Date(validTo);
      const days = Math.floor((not_after.getTime() - now) / day);
      found.push({ key, file, subject: subject.replaceAll('\n', ', '), not_after, days });
    }
  }
  return found.sort((a, b) => a.not_after.getTime() - b.not_after.getTime());
}

/** One line about the end of a certificate. */
export function ending({ key, file, subject, not_after, days }: Lifetime): string {
  const when = days < 0 ? 'has expired' : days === 0 ? 'expires within a day' : `expires in ${days} days`;
  return `${key}: ${file}: the certificate of ${subject} ${when}, at ${not_after.toISOString()}`;
}

/** Tells of certificates that end in 30, 14, 7 or 1 days, or have ended, once each. */
export class Expiry {
  readonly #told = new Map<string, number>();

  async look(config: Config, now = Date.now()): Promise<void> {
    const seen = new Set<string>();
    for (const lifetime of await lifetimes(config, now)) {
      const { key, subject, not_after, days } = lifetime;
      const step = days < 0 ? -1 : told.findLast((ahead) => days <= ahead);
      if (step === undefined) continue;
      const name = `${key} ${subject} ${not_after.getTime()}`;
      seen.add(name);
      if (this.#told.get(name) === step) continue;
      this.#told.set(name, step);
      log[days < 0 ? 'error' : 'warn']({ key, not_after: not_after.toISOString(), days }, ending(lifetime));
    }
    // What was renewed is no longer remembered.
    for (const name of this.#told.keys()) if (!seen.has(name)) this.#told.delete(name);
  }

  /** Looks at once, and once an hour; the answer stops it. */
  follow(config: () => Config): () => void {
    const look = () =>
      void this.look(config()).catch(({ message }: Error) =>
        log.error({ reason: message }, 'certificates cannot be looked at'),
      );
    look();
    const timer = setInterval(look, day / 24).unref();
    return () => clearInterval(timer);
  }
}
