import type { Middleware } from 'koa';

import { endpoints } from '../http/routes.ts';
import { enabled } from './feature_enabled.ts';
import type { Mechanism } from './mechanism.ts';

/** Every way a signed response can travel. */
const signedModes = ['jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt'];

function restrict(metadata: unknown): void {
  const { response_modes_supported: modes } = (metadata ?? {}) as { response_modes_supported?: string[] };
  if (!modes) return;
  Object.assign(metadata as object, { response_modes_supported: modes.filter((mode) => signedModes.includes(mode)) });
}

/**
 * Signs authorization responses, and takes no response mode that is not signed.
 *
 * @see [JWT Secured Authorization Response Mode for OAuth 2.0](https://openid.net/specs/oauth-v2-jarm.html)
 */
export function jarm(): Mechanism {
  return {
    name: 'jarm',
    clauses: [
      {
        id: 'FAPI2-MS-ID1-5.4.1-1',
        text: 'shall support, require use of, and issue signed authorization responses via JARM',
        violated: enabled('jwtResponseModes'),
        *client({ response_modes, response_types }) {
          const modes = Array.isArray(response_modes) ? response_modes : [];
          if (!(Array.isArray(response_types) && response_types.length === 0) && !modes.length) {
            yield { path: ['response_modes'], text: 'must be [jwt]' };
          }
          for (const [index, mode] of modes.entries()) {
            if (!signedModes.includes(`${mode}`)) {
              yield { path: ['response_modes', index], text: `must be one of ${signedModes.join(', ')}, not ${mode}` };
            }
          }
        },
      },
      {
        id: 'RFC8414-2',
        text: 'response_modes_supported lists the response modes this server accepts, and no other',
      },
    ],
    configuration: { features: { jwtResponseModes: { enabled: true } } },
    complete(metadata) {
      metadata.response_modes ??= [...signedModes];
    },
    middleware(provider) {
      const endpointOf = endpoints(provider);
      const signedModesOnly: Middleware = function signedModesOnly(ctx, next) {
        return endpointOf(ctx) === 'discovery' ? next().then(() => restrict(ctx.body)) : next();
      };
      return { metadata: [signedModesOnly] };
    },
  };
}
