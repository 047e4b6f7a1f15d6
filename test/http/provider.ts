import Koa, { type Middleware } from 'koa';
import mount from 'koa-mount';
import { type Configuration, errors, Provider } from 'oidc-provider';
import { selfSigned } from '../../lib/server/development_certificate.ts';
import { serverOptions } from '../../lib/server/tls.ts';
import { type Listener, listen } from '../support/listener.ts';

const configuration: Configuration = {
  clients: [
    { client_id: 'rs', client_secret: 'secret', redirect_uris: [], response_types: [], grant_types: [] },
    { client_id: 'web', client_secret: 'secret', redirect_uris: ['https://rp.example.com/cb'] },
  ],
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
    jwtIntrospection: { enabled: true },
    revocation: { enabled: true },
    registration: { enabled: true },
  },
  cookies: { keys: ['of the test'] },
};

/** A bare provider behind TLS with nothing but the middlewares under test in front, inside of it or around it. */
export async function serve(
  middlewares: (provider: Provider) => Middleware[],
  { path = '', inside = true }: { path?: string; inside?: boolean } = {},
): Promise<Listener> {
  const provider = new Provider(`https://as.example.com${path}`, configuration);
  const outer = new Koa();
  for (const middleware of middlewares(provider)) (inside ? provider : outer).use(middleware);
  outer.use(path ? mount(path, provider) : mount(provider));
  outer.proxy = provider.proxy;
  for (const app of [provider, outer]) app.silent = true;
  return listen(outer, serverOptions(await selfSigned(['localhost'])));
}

export const form = { 'content-type': 'application/x-www-form-urlencoded' };
export { errors };
