import { z } from 'zod';

import { jar } from '../fapi/jar.ts';
import { jarm } from '../fapi/jarm.ts';
import { signedIntrospection } from '../fapi/signed_introspection.ts';
import type { Profile } from '../profile.ts';
import { concerning } from '../settings.ts';
import { fapi2SecurityProfile, type ProfileSettings } from './fapi2_security_profile.ts';

const claim = z.boolean().default(false);

/** The parts of Message Signing a deployment claims: those it names, or all three. */
export const messageSigningSettings = z.strictObject({
  signed_request_object: concerning(
    claim.describe('signed authorization requests (section 5.3)'),
    'features.requestObjects',
  ),
  jarm: concerning(claim.describe('signed authorization responses (section 5.4)'), 'features.jwtResponseModes'),
  signed_introspection: concerning(
    claim.describe('signed introspection responses (section 5.5)'),
    'features.jwtIntrospection',
  ),
});

/** The parts that are claimed, each by `true`. */
export type MessageSigning = z.input<typeof messageSigningSettings>;

const every = { signed_request_object: true, jarm: true, signed_introspection: true };

/**
 * FAPI 2.0 Message Signing: the Security Profile, with signed requests, responses and introspection.
 *
 * @param settings those of the Security Profile; `message_signing` names the parts that are claimed, all when absent.
 * @returns a profile for one provider.
 * @example
 * const profile = fapi2MessageSigning({ message_signing: { jarm: true } });
 * @see [FAPI 2.0 Message Signing](https://openid.net/specs/fapi-message-signing-2_0-final.html)
 */
export function fapi2MessageSigning(
  settings: ProfileSettings & { message_signing?: MessageSigning | undefined } = {},
): Profile {
  const claimed = settings.message_signing ?? every;
  return {
    name: 'FAPI 2.0 Message Signing',
    mechanisms: [
      ...fapi2SecurityProfile(settings).mechanisms.filter(({ name }) => name !== 'jar'),
      jar({ ...settings.request_object, required: claimed.signed_request_object === true }),
      ...(claimed.jarm ? [jarm()] : []),
      ...(claimed.signed_introspection ? [signedIntrospection()] : []),
    ],
  };
}
