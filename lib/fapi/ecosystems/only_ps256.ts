import type { Configuration } from 'oidc-provider';

import type { ClauseId } from '../../clause.ts';
import { messageLists } from '../algorithms.ts';
import { noUsableKey } from '../client_keys.ts';
import type { Mechanism } from '../mechanism.ts';

type Lists = NonNullable<Configuration['enabledJWA']>;

const metadataNames = [
  'id_token_signed_response_alg',
  'authorization_signed_response_alg',
  'introspection_signed_response_alg',
  'userinfo_signed_response_alg',
  'request_object_signing_alg',
  'token_endpoint_auth_signing_alg',
];

/**
 * Allows PS256 as the only algorithm by which the server and its clients sign.
 *
 * @param id the clause of the ecosystem that says so.
 * @example
 * onlyPs256('CID-SP-5')
 */
export function onlyPs256(id: ClauseId): Mechanism {
  return {
    name: 'ecosystems/only_ps256',
    clauses: [
      {
        id,
        text: 'for JWS, both clients and authorization servers shall use the PS256 algorithm',
        *violated({ enabledJWA }) {
          for (const list of messageLists) {
            if (!enabledJWA?.[list]?.includes('PS256')) yield { path: ['enabledJWA', list], text: 'must name PS256' };
          }
        },
        *client(metadata) {
          for (const name of metadataNames) {
            const alg = metadata[name];
            if (alg !== undefined && alg !== 'PS256') yield { path: [name], text: `is ${alg}, write PS256` };
          }
          yield* noUsableKey(metadata, ['PS256'], 'sign');
        },
      },
    ],
    configuration: {
      clientDefaults: Object.fromEntries(metadataNames.slice(0, 3).map((name) => [name, 'PS256'])),
    },
    compose(configuration) {
      const enabledJWA: Lists = { ...configuration.enabledJWA };
      for (const list of messageLists) enabledJWA[list] = enabledJWA[list]?.filter((alg) => alg === 'PS256');
      // What the metadata say of these two endpoints is not core's.
      const discovery = {
        ...configuration.discovery,
        revocation_endpoint_auth_signing_alg_values_supported: ['PS256'],
        introspection_endpoint_auth_signing_alg_values_supported: ['PS256'],
      };
      return { ...configuration, enabledJWA, discovery };
    },
  };
}
