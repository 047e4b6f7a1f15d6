import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';

/** Routes that speak to programs: errors are JSON, methods and media types are fixed. */
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
export type Endpoint = FormEndpoint | JsonEndpoint | 'authorization' | 'resume' | undefined;

export const isFormEndpoint = (endpoint: Endpoint): endpoint is FormEndpoint =>
  (formEndpoints as readonly unknown[]).includes(endpoint);
export const isApiEndpoint = (endpoint: Endpoint): endpoint is FormEndpoint | JsonEndpoint =>
  isFormEndpoint(endpoint) || (jsonEndpoints as readonly unknown[]).includes(endpoint);

// The provider's router takes any case and one slash at the end; a check that did not would be a way around it.
const fold = (path: string) => path.toLowerCase().replace(/(?<=.)\/$/, '');

function pathOf(provider: Provider, name: string): string | undefined {
  try {
    return provider.pathFor(name);
  } catch {
    return undefined; // the feature is off
  }
}

/** Which of the provider's routes a request is for, mounted under the issuer's path or not. */
export function endpoints(provider: Provider): (ctx: Context) => Endpoint {
  const { pathname } = new URL(provider.issuer);
  const mountPath = pathname.replace(/\/$/, '');
  const names = new Map<string, Endpoint>();
  for (const name of [...formEndpoints, ...jsonEndpoints, 'authorization'] as const) {
    const path = pathOf(provider, name);
    if (path === undefined) continue;
    names.set(fold(path), name);
    names.set(fold(path.slice(mountPath.length)), name);
  }
  const resume = [...names].filter(([, name]) => name === 'authorization').map(([path]) => `${path}/`);
  return ({ path }) => {
    const known = names.get(path);
    if (known !== undefined) return known;
    const folded = fold(path);
    return (
      names.get(folded) ??
      (resume.some((prefix) => folded.startsWith(prefix) && !folded.slice(prefix.length).includes('/'))
        ? 'resume'
        : undefined)
    );
  };
}
