// The profiles of ecosystems, and what another one is made of.

export { type Clause, type ClauseId, specification } from './clause.ts';
export { accessTokenLifetime, type LifetimeBounds } from './fapi/ecosystems/access_token_lifetime.ts';
export { apiVersion } from './fapi/ecosystems/api_version.ts';
export { authenticationContext, type ContextRules } from './fapi/ecosystems/authentication_context.ts';
export { clientCertificate } from './fapi/ecosystems/client_certificate.ts';
export { type Consent, type ConsentRequest, type ConsentState, Consents } from './fapi/ecosystems/consent.ts';
export type { ConsentApi, Server } from './fapi/ecosystems/consent_api.ts';
export {
  checked,
  endOf,
  parsed,
  permissions,
  permissionsOf,
  termsOf,
  time,
  zulu,
} from './fapi/ecosystems/consent_body.ts';
export { type ConsentNaming, type Naming, namedInScope } from './fapi/ecosystems/consent_naming.ts';
export { type ConsentRules, consents } from './fapi/ecosystems/consents.ts';
export { detailsRequired } from './fapi/ecosystems/details_required.ts';
export { encryptedIdTokens } from './fapi/ecosystems/encrypted_id_tokens.ts';
export { essentialClaims } from './fapi/ecosystems/essential_claims.ts';
export { type IdentityRules, identityClaims } from './fapi/ecosystems/identity_claims.ts';
export { intentClaim } from './fapi/ecosystems/intent_claim.ts';
export { levelsOfAssurance } from './fapi/ecosystems/levels_of_assurance.ts';
export { onlyPairwise } from './fapi/ecosystems/only_pairwise.ts';
export { onlyPrivateKeyJwt } from './fapi/ecosystems/only_private_key_jwt.ts';
export { onlyPs256 } from './fapi/ecosystems/only_ps256.ts';
export { purpose } from './fapi/ecosystems/purpose.ts';
export { type RequestObjectRules, requestObjectLifetime } from './fapi/ecosystems/request_object_lifetime.ts';
export { type VerifiedClaimRules, verifiedClaims } from './fapi/ecosystems/verified_claims.ts';
export { cbuae } from './profiles/cbuae.ts';
export { connectidAu } from './profiles/connectid_au.ts';
export { consumerdatarightAu } from './profiles/consumerdataright_au.ts';
export { ksa } from './profiles/ksa.ts';
export { openbankingBrazil } from './profiles/openbanking_brazil.ts';
export { openbankingUk } from './profiles/openbanking_uk.ts';
export { Refusal } from './resource/refusal.ts';
