import type { Mechanism } from './mechanism.ts';

/** @see [JWT Secured Authorization Response Mode for OAuth 2.0](https://openid.net/specs/oauth-v2-jarm.html) */
export function jarm(): Mechanism {
  return {
    name: 'jarm',
    clauses: [
      {
        id: 'FAPI2-MS-ID1-5.4.1-1',
        text: 'shall support, require use of, and issue signed authorization responses via JARM',
        violated: ({ features }) =>
          features?.jwtResponseModes?.enabled
            ? undefined
            : { path: ['features', 'jwtResponseModes', 'enabled'], text: 'must be true' },
        *client({ response_modes, response_types }) {
          const modes = Array.isArray(response_modes) ? response_modes : [];
          if (!(Array.isArray(response_types) && response_types.length === 0) && !modes.length) {
            yield { path: ['response_modes'], text: 'must be [jwt]' };
          }
          for (const [index, mode] of modes.entries()) {
            if (!/^(query\.|fragment\.|form_post\.)?jwt$/.test(`${mode}`)) {
              yield { path: ['response_modes', index], text: `must be jwt, query.jwt or form_post.jwt, not ${mode}` };
            }
          }
        },
      },
    ],
    configuration: { features: { jwtResponseModes: { enabled: true } } },
    complete(metadata) {
      metadata.response_modes ??= ['jwt'];
    },
  };
}
