import { accessToken } from '../fapi/access_token.ts';
import { signatureAlgorithms } from '../fapi/algorithms.ts';
import { answers } from '../fapi/answers.ts';
import { authorizationCode } from '../fapi/authorization_code.ts';
import { clientAuth } from '../fapi/client_auth.ts';
import { clock } from '../fapi/clock.ts';
import { codeFlow } from '../fapi/code_flow.ts';
import { core } from '../fapi/core.ts';
import { discovery } from '../fapi/discovery.ts';
import { type DpopSettings, dpop } from '../fapi/dpop.ts';
import { hostPinning } from '../fapi/host.ts';
import { introspection } from '../fapi/introspection.ts';
import { iss } from '../fapi/iss.ts';
import { jar } from '../fapi/jar.ts';
import { jwksUri } from '../fapi/jwks_uri.ts';
import { type MtlsSettings, mtls } from '../fapi/mtls.ts';
import { opaque } from '../fapi/opaque.ts';
import { type ParSettings, par } from '../fapi/par.ts';
import { pkce } from '../fapi/pkce.ts';
import { redirectUri } from '../fapi/redirect_uri.ts';
import { refreshToken } from '../fapi/refresh_token.ts';
import { replay } from '../fapi/replay.ts';
import { requests } from '../fapi/requests.ts';
import { senderConstraint } from '../fapi/sender_constraint.ts';
import { session } from '../fapi/session.ts';
import type { Profile } from '../profile.ts';

/** What a profile leaves to the deployment and core has no setting for. */
export interface ProfileSettings {
  par?: ParSettings;
  dpop?: DpopSettings;
  /** Absent: no mutual TLS, so clients authenticate by private_key_jwt and tokens are bound by DPoP. */
  mtls?: MtlsSettings | undefined;
}

/** @see [FAPI 2.0 Security Profile](https://openid.net/specs/fapi-security-profile-2_0-final.html) */
export function fapi2SecurityProfile(settings: ProfileSettings = {}): Profile {
  const url = settings.mtls?.url;
  return {
    name: 'FAPI 2.0 Security Profile',
    mechanisms: [
      core(),
      answers(),
      hostPinning({ mtls: url }),
      requests(),
      discovery({ mtls: url }),
      par(settings.par),
      pkce(),
      codeFlow(),
      redirectUri(),
      iss(),
      ...(settings.mtls ? [mtls(settings.mtls)] : []),
      replay(),
      clientAuth({ mtls: settings.mtls !== undefined }),
      jwksUri(),
      senderConstraint(),
      dpop(settings.dpop),
      clock(),
      signatureAlgorithms(),
      opaque(),
      authorizationCode(),
      accessToken(),
      refreshToken(),
      introspection(),
      session(),
      jar({ required: false }),
    ],
  };
}
