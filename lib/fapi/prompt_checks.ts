import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { interactionPolicy } from 'oidc-provider';

type Details = Record<string, unknown>;

/**
 * Puts a check into a prompt of the policy, which is core's own where the deployment has none. A configuration may be
 * completed more than once: a check of the same reason gives way, as do those that are named.
 */
export function withCheck(
  configuration: Configuration,
  prompt: 'login' | 'consent',
  check: interactionPolicy.Check,
  replaced: readonly string[] = [],
): Configuration {
  const policy = configuration.interactions?.policy ?? interactionPolicy.base();
  const checks = policy.find(({ name }) => name === prompt)?.checks;
  for (const reason of [...replaced, check.reason]) checks?.remove(reason);
  checks?.add(check);
  return { ...configuration, interactions: { ...configuration.interactions, policy } };
}

/** Asks the person at each authorization, whatever was allowed before, and tells the page the details. */
export function askedEachTime(
  configuration: Configuration,
  reason: string,
  description: string,
  details: (ctx: KoaContextWithOIDC) => Details | Promise<Details>,
): Configuration {
  const isOpen = ({ oidc }: KoaContextWithOIDC) => !oidc.result?.consent;
  const check = new interactionPolicy.Check(reason, description, 'consent_required', isOpen, details);
  return withCheck(configuration, 'consent', check);
}
