import type { Configuration } from 'oidc-provider';

import { ProfileViolationError } from '../errors.ts';
import type { Mechanism } from './mechanism.ts';

const grants = ['authorization_code', 'refresh_token', 'client_credentials', 'urn:openid:params:grant-type:ciba'];

const forbiddenFeatures = [
  'attestClientAuth',
  'clientIdMetadataDocument',
  'deviceFlow',
  'openid4vci',
  'webMessageResponseMode',
] as const satisfies (keyof NonNullable<Configuration['features']>)[];

const passwordGrant = {
  id: 'FAPI2-SP-FINAL-5.3.2.1-2',
  text: 'shall reject requests using the resource owner password credentials grant',
} as const;

/** The authorization code flow and nothing beside it that hands out tokens by way of a browser or a password. */
export function codeFlow(): Mechanism {
  return {
    name: 'code_flow',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.3.2.2-1',
        text: 'shall require the value of response_type to be code',
        violated: ({ responseTypes }) =>
          responseTypes?.length === 1 && responseTypes[0] === 'code'
            ? undefined
            : { path: ['responseTypes'], text: "must be ['code']" },
        *client({ response_types }) {
          if (Array.isArray(response_types) && response_types.some((type) => type !== 'code')) {
            yield { path: ['response_types'], text: 'must be [code], or [] for a client without redirects' };
          }
        },
      },
      {
        ...passwordGrant,
        *client({ grant_types }) {
          if (!Array.isArray(grant_types)) return;
          for (const [index, grant] of grant_types.entries()) {
            if (!grants.includes(grant)) {
              yield { path: ['grant_types', index], text: `${grant} is not one of ${grants.join(', ')}` };
            }
          }
        },
      },
      {
        id: 'FAPI2-SP-FINAL-5.3.2.1',
        text: 'flows and client types the profile was not analysed for are not offered',
        violated({ features }) {
          const on = forbiddenFeatures.find((name) => features?.[name]?.enabled);
          return on && { path: ['features', on, 'enabled'], text: 'must be false' };
        },
      },
    ],
    configuration: { responseTypes: ['code'], clientDefaults: { response_types: ['code'] } },
    attach(provider) {
      const register = provider.registerGrantType;
      provider.registerGrantType = function registerGrantType(name, ...rest) {
        if (name === 'password') {
          const { id: clause, text } = passwordGrant;
          throw new ProfileViolationError('FAPI 2.0', [{ clause, text, path: ['registerGrantType', name] }]);
        }
        return register.call(
          this,
          name,
          ...(rest as Parameters<typeof register> extends [string, ...infer R] ? R : never),
        );
      };
    },
  };
}
