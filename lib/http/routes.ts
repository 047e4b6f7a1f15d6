import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';

/** Routes of programs that post forms: errors are JSON, methods and media types are fixed. */
const formEndpoints = [
  'pushed_authorization_request',
  'token',
  'introspection',
  'revocation',
  'backchannel_authentication',
  'device_authorization',
] as const;
const jsonEndpoints = ['userinfo', 'jwks', 'discovery', 'registration'] as const;

export type FormEndpoint = (typeof formEndpoints)[number];
export type JsonEndpoint = (typeof jsonEndpoints)[number];
/** Routes that a browser comes to. */
const others = ['authorization', 'end_session', 'end_session_confirm', 'end_session_success'] as const;

export type Endpoint = FormEndpoint | JsonEndpoint | (typeof others)[number] | 'resume' | 'client' | undefined;

export const isFormEndpoint = (endpoint: Endpoint): endpoint is FormEndpoint =>
  (formEndpoints as readonly unknown[]).includes(endpoint);
export const isApiEndpoint = (endpoint: Endpoint): endpoint is FormEndpoint | JsonEndpoint =>
  isFormEndpoint(endpoint) || (jsonEndpoints as readonly unknown[]).includes(endpoint);

const pageEndpoints: readonly Endpoint[] = [...others, 'resume'];

/** True for a route that a person's browser comes to: an error there is a page. */
export const isPageEndpoint = (endpoint: Endpoint): boolean => pageEndpoints.includes(endpoint);

// The provider's router takes any case and one slash at the end; a check that did not would be a way around it.
const fold = (path: string) => path.toLowerCase().replace(/(?<=.)\/$/, '');

function pathOf(provider: Provider, name: string, parameters: Record<string, string> = {}): string | undefined {
  try {
    return provider.pathFor(name, parameters);
  } catch {
    return undefined; // the feature is off
  }
}

/** True where a registered client may change and delete its registration (RFC 7592). */
export const hasManagement = (provider: Provider): boolean =>
  pathOf(provider, 'client_update', { clientId: 'any' }) !== undefined;

/** Finds the route of the provider that a request is for, mounted under the issuer's path or not. */
export function endpoints(provider: Provider): (ctx: Context) => Endpoint {
  const { pathname } = new URL(provider.issuer);
  const mountPath = pathname.replace(/\/$/, '');
  const names = new Map<string, Endpoint>();
  const known = (path: string, name: Endpoint) => {
    names.set(fold(path), name);
    names.set(fold(path.slice(mountPath.length)), name);
  };
  for (const name of [...formEndpoints, ...jsonEndpoints, ...others]) {
    const path = pathOf(provider, name);
    if (path !== undefined) known(path, name);
  }
  known(`${mountPath}/.well-known/openid-configuration`, 'discovery');
  const below = new Map<string, Endpoint>();
  for (const [path, name] of names) {
    if (name === 'authorization') below.set(`${path}/`, 'resume');
    if (name === 'registration') below.set(`${path}/`, 'client');
  }
  return ({ path }) => {
    const exact = names.get(path);
    if (exact !== undefined) return exact;
    const folded = fold(path);
    const end = folded.lastIndexOf('/') + 1;
    return names.get(folded) ?? (end < folded.length ? below.get(folded.slice(0, end)) : undefined);
  };
}
