// The profiles of ecosystems, and what another one is made of.

export { type Clause, type ClauseId, specification } from './clause.ts';
export { accessTokenLifetime, type LifetimeBounds } from './fapi/ecosystems/access_token_lifetime.ts';
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
export { essentialClaims } from './fapi/ecosystems/essential_claims.ts';
export { intentClaim } from './fapi/ecosystems/intent_claim.ts';
export { onlyPrivateKeyJwt } from './fapi/ecosystems/only_private_key_jwt.ts';
export { onlyPs256 } from './fapi/ecosystems/only_ps256.ts';
export { cbuae } from './profiles/cbuae.ts';
export { ksa } from './profiles/ksa.ts';
export { openbankingBrazil } from './profiles/openbanking_brazil.ts';
export { openbankingUk } from './profiles/openbanking_uk.ts';
export { Refusal } from './resource/refusal.ts';
