import type { Configuration } from 'oidc-provider';

import { normalized } from '../http/normalized_url.ts';
import type { Finding } from './mechanism.ts';
import { identifier, type Resource, type ResourceInput } from './resource_settings.ts';

/** Finds the first resource whose identifier is none. */
export function misnamed(settings: readonly ResourceInput[]): Finding | undefined {
  for (const [index, one] of settings.entries()) {
    const text = identifier.safeParse(one.identifier).error?.issues[0]?.message.replace(/ \[.*\]$/, '');
    if (text) return { path: ['resources', index, 'identifier'], text };
  }
  return undefined;
}

/** Finds the first resource that has a scope in common with another one, and another lifetime. */
function disagreeing(known: readonly Resource[]): Finding | undefined {
  for (const [index, { scopes, lifetime }] of known.entries()) {
    const other = known
      .slice(0, index)
      .find((one) => one.lifetime !== lifetime && one.scopes.some((scope) => scopes.includes(scope)));
    if (!other) continue;
    const scope = other.scopes.find((name) => scopes.includes(name));
    const text = `has the scope ${scope} of ${other.identifier} and another lifetime, write the same or another scope`;
    return { path: ['resources', index, 'scopes'], text };
  }
  return undefined;
}

/**
 * Finds the first resource that could be taken for another, or for the UserInfo endpoint. A scope may belong to two
 * resources of the same lifetime: then it stands for the client's `default_resource`, or for the first of them.
 */
export function overlapping(known: readonly Resource[], { claims = {} }: Configuration): Finding | undefined {
  // One host with and without its slash are one address.
  const names = known.map((one) => normalized(`${one.identifier}`));
  const twice = names.findIndex((name, index) => names.indexOf(name) < index);
  if (twice >= 0) return { path: ['resources', twice, 'identifier'], text: 'stands here twice, write another' };
  const taken = ['openid', 'offline_access', ...Object.keys(claims).filter((name) => claims[name])];
  for (const [index, { scopes }] of known.entries()) {
    const scope = scopes.find((name) => taken.includes(name));
    if (!scope) continue;
    const text = `has ${scope}, which is for the UserInfo endpoint and refresh tokens whatever the resource, write another`;
    return { path: ['resources', index, 'scopes'], text };
  }
  return disagreeing(known);
}
