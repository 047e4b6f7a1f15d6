import { z } from 'zod';

import { accessToken, accessTokenLifetime } from '../fapi/access_token.ts';
import { acr, acrSettings } from '../fapi/acr.ts';
import { algorithmSettings, signatureAlgorithms } from '../fapi/algorithms.ts';
import { answers } from '../fapi/answers.ts';
import { authorizationCode, codeLifetime } from '../fapi/authorization_code.ts';
import { authorizationDetails } from '../fapi/authorization_details.ts';
import { clientAuth, clientAuthSettings } from '../fapi/client_auth.ts';
import { clock, clockSettings } from '../fapi/clock.ts';
import { codeFlow } from '../fapi/code_flow.ts';
import { core } from '../fapi/core.ts';
import { detailSettings, resourcesOfType } from '../fapi/detail_settings.ts';
import { discovery } from '../fapi/discovery.ts';
import { dpop, dpopSettings } from '../fapi/dpop.ts';
import { encryption } from '../fapi/encryption.ts';
import { extraParameterSettings, extraParameters } from '../fapi/extra_parameters.ts';
import { hostPinning } from '../fapi/host.ts';
import { introspection } from '../fapi/introspection.ts';
import { iss } from '../fapi/iss.ts';
import { jar, requestObjectSettings } from '../fapi/jar.ts';
import { jwksUri } from '../fapi/jwks_uri.ts';
import { mtls } from '../fapi/mtls.ts';
import { opaque } from '../fapi/opaque.ts';
import { par, parSettings } from '../fapi/par.ts';
import { parameters } from '../fapi/parameters.ts';
import { pkce } from '../fapi/pkce.ts';
import { redirectUri } from '../fapi/redirect_uri.ts';
import { refreshToken } from '../fapi/refresh_token.ts';
import { refusalSettings } from '../fapi/refusal_settings.ts';
import { explainRefusals } from '../fapi/refusals.ts';
import { replay } from '../fapi/replay.ts';
import { requests } from '../fapi/requests.ts';
import { resourceSettings } from '../fapi/resource_settings.ts';
import { resources } from '../fapi/resources.ts';
import { scope } from '../fapi/scope.ts';
import { senderConstraint } from '../fapi/sender_constraint.ts';
import { session, sessionLifetimes } from '../fapi/session.ts';
import { subject, subjectSettings } from '../fapi/subject.ts';
import { unknownClient } from '../fapi/unknown_client.ts';
import { outboundSettings } from '../http/outbound.ts';
import { securityHeaderSettings } from '../http/security_headers.ts';
import type { Profile } from '../profile.ts';
import { concerning, filled } from '../settings.ts';
import { type ProfileSettings, unknownSettings } from './profile_settings.ts';

/** Settings of the mechanisms every profile has, one file's keys for all of them. */
export const profileSettings = z.strictObject({
  par: parSettings.prefault({}).describe('pushed authorization requests (RFC 9126)'),
  ttl: z
    .strictObject({ ...codeLifetime.shape, ...accessTokenLifetime.shape, ...sessionLifetimes.shape })
    .prefault({})
    .describe('lifetimes, in seconds'),
  ...clockSettings.shape,
  ...clientAuthSettings.shape,
  security_headers: securityHeaderSettings.prefault({}).describe('headers every answer has'),
  outbound: outboundSettings
    .prefault({})
    .describe('requests this server makes itself, to addresses that clients register'),
  refusals: refusalSettings.prefault({}).describe('what a refused client is told'),
  dpop: concerning(dpopSettings.prefault({}).describe('DPoP (RFC 9449)'), 'features.dPoP'),
  ...algorithmSettings.shape,
  ...acrSettings.shape,
  ...subjectSettings.shape,
  ...extraParameterSettings.shape,
  request_object: requestObjectSettings.prefault({}).describe('signed authorization requests (RFC 9101)'),
  resources: resourceSettings.default([]),
  authorization_details: detailSettings
    .optional()
    .describe('rich authorization requests (RFC 9396); refused when left out'),
});

export type { ProfileSettings } from './profile_settings.ts';

/**
 * The FAPI 2.0 Security Profile, as a list of mechanisms.
 *
 * @param settings what core has no option for; every one has a default. `fapiProvider()` judges them, clause by clause.
 * @returns a profile for one provider.
 * @example
 * const profile = fapi2SecurityProfile({ mtls: { url: 'https://mtls.as.example.com', authorities: [pem] } });
 * @see [FAPI 2.0 Security Profile](https://openid.net/specs/fapi-security-profile-2_0-final.html)
 */
export function fapi2SecurityProfile(settings: ProfileSettings = {}): Profile {
  const url = settings.mtls?.url;
  const { resources: known = [], authorization_details: details = {} } = settings;
  const ofType = resourcesOfType(details, known);
  return {
    name: 'FAPI 2.0 Security Profile',
    mechanisms: [
      core(unknownSettings(settings)),
      explainRefusals({
        ...settings.refusals,
        mtls: url,
        assertion_lifetime: settings.client_assertion_lifetime,
      }),
      answers(settings.security_headers),
      hostPinning({ mtls: url }),
      requests({ ...settings.limits, pushed: filled(parSettings, settings.par ?? {}).max_bytes }),
      parameters(),
      discovery({ mtls: url }),
      par(settings.par),
      pkce(),
      codeFlow(settings),
      scope(),
      redirectUri(),
      iss(),
      unknownClient(),
      ...(settings.mtls ? [mtls(settings.mtls)] : []),
      replay(),
      clientAuth({
        mtls: settings.mtls !== undefined,
        ...(settings.client_assertion_lifetime !== undefined && {
          client_assertion_lifetime: settings.client_assertion_lifetime,
        }),
      }),
      jwksUri(settings.outbound),
      senderConstraint({ mtls: settings.mtls !== undefined }),
      dpop(settings.dpop),
      clock(),
      signatureAlgorithms(),
      encryption(),
      opaque(),
      authorizationCode(),
      accessToken(),
      resources(known, ofType),
      authorizationDetails(details, { ofType, resources: known.map(({ identifier }) => identifier) }),
      refreshToken(),
      introspection(settings.introspection, known),
      session(settings.ttl),
      subject(settings.subject),
      acr(settings.acr),
      extraParameters(settings.extra_parameters),
      jar({ ...settings.request_object, required: false }),
    ],
  };
}
