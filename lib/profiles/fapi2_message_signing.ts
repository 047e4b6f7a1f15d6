import { jar } from '../fapi/jar.ts';
import { jarm } from '../fapi/jarm.ts';
import { signedIntrospection } from '../fapi/signed_introspection.ts';
import type { Profile } from '../profile.ts';
import { fapi2SecurityProfile, type ProfileSettings } from './fapi2_security_profile.ts';

/** The parts of Message Signing a deployment claims; each on unless it says otherwise. */
export interface MessageSigning {
  signed_request_object?: boolean;
  jarm?: boolean;
  signed_introspection?: boolean;
}

/** @see [FAPI 2.0 Message Signing](https://openid.net/specs/fapi-message-signing-2_0-final.html) */
export function fapi2MessageSigning(
  settings: ProfileSettings & { message_signing?: MessageSigning | undefined } = {},
): Profile {
  const claimed = settings.message_signing ?? {};
  const required = claimed.signed_request_object ?? true;
  return {
    name: 'FAPI 2.0 Message Signing',
    mechanisms: [
      ...fapi2SecurityProfile(settings).mechanisms.filter(({ name }) => name !== 'jar'),
      jar({ required }),
      ...((claimed.jarm ?? true) ? [jarm()] : []),
      ...((claimed.signed_introspection ?? true) ? [signedIntrospection()] : []),
    ],
  };
}
