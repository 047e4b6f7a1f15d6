import { expect } from 'chai';
import type { Configuration } from 'oidc-provider';

import { composeHooks, type Hooks, hookPaths, refuses } from '../../lib/fapi/hooks.ts';
import { fapi2MessageSigning } from '../../lib/profiles/fapi2_message_signing.ts';

/** Which mechanisms have a part in a hook, in the order in which they run; a deployment's own function runs after them. */
const order: Record<(typeof hookPaths)[number], readonly string[]> = {
  assertJwtClientAuthClaimsAndHeader: ['replay', 'client_auth', 'clock'],
  'extraParams.dpop_jkt': ['parameters'],
  'extraParams.scope': ['scope'],
  extraTokenClaims: ['scope', 'sender_constraint', 'resources'],
  'features.claimsParameter.assertClaimsParameter': ['parameters', 'acr'],
  'features.dPoP.requireNonce': ['dpop', 'clock'],
  'features.introspection.allowedPolicy': ['resources', 'introspection'],
  'features.mTLS.certificateAuthorized': ['unknown_client', 'mtls'],
  'features.mTLS.certificateSubjectMatches': ['mtls'],
  'features.mTLS.getCertificate': ['mtls'],
  'features.requestObjects.assertJwtClaimsAndHeader': ['jwks_uri', 'clock', 'jar'],
  'features.resourceIndicators.getResourceServerInfo': ['access_token', 'resources'],
  'features.revocation.allowedPolicy': ['introspection'],
  fetch: ['jwks_uri'],
  'formats.bitsOfOpaqueRandomness': ['opaque'],
  'formats.customizers.jwt': ['access_token'],
  loadExistingGrant: ['subject'],
  'pkce.required': ['pkce'],
  revokeGrantPolicy: ['authorization_code'],
  'ttl.AccessToken': ['access_token'],
  'ttl.AuthorizationCode': ['authorization_code'],
  'ttl.ClientCredentials': ['access_token'],
  'ttl.Session': ['session'],
};

describe('The hooks that carry a rule', () => {
  const { mechanisms } = fapi2MessageSigning({ mtls: { url: 'https://localhost:9444' } });
  for (const path of hookPaths) {
    it(`${path} is composed of ${order[path].join(', then ')}`, () => {
      expect(mechanisms.filter(({ hooks }) => hooks?.[path]).map(({ name }) => name)).to.deep.equal(order[path]);
    });
  }

  it('run in the order of the list of mechanisms, and the function of a deployment last', async () => {
    const ran: string[] = [];
    const noting = (name: string): { hooks: Hooks } => ({
      hooks: { assertJwtClientAuthClaimsAndHeader: refuses(() => void ran.push(name)) },
    });
    const theirs: Configuration = { assertJwtClientAuthClaimsAndHeader: () => void ran.push('theirs') };
    const composed = composeHooks(theirs, [noting('first'), noting('second')]);
    await composed.assertJwtClientAuthClaimsAndHeader?.({} as never, {}, {}, {} as never);
    expect(ran).to.deep.equal(['first', 'second', 'theirs']);
  });

  it('do not ask a deployment once ours has refused', async () => {
    const refusing: { hooks: Hooks } = {
      hooks: {
        assertJwtClientAuthClaimsAndHeader: refuses(() => {
          throw new Error('ours');
        }),
      },
    };
    const theirs: Configuration = {
      assertJwtClientAuthClaimsAndHeader: () => {
        throw new Error('theirs');
      },
    };
    const { assertJwtClientAuthClaimsAndHeader: composed } = composeHooks(theirs, [refusing]);
    const refused = await Promise.resolve(composed?.({} as never, {}, {}, {} as never)).catch(({ message }) => message);
    expect(refused).to.equal('ours');
  });

  it('leave the configuration they were given as it was', () => {
    const theirs: Configuration = { ttl: { AccessToken: () => 1 } };
    const { AccessToken } = theirs.ttl ?? {};
    composeHooks(theirs, mechanisms);
    expect(theirs.ttl?.AccessToken).to.equal(AccessToken);
  });
});
