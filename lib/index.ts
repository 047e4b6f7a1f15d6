// The profiles, around a provider of yours.

export type { CertificateHeader, HeaderFormat } from './certificates/certificate_headers.ts';
export type { AcceptCertificate } from './certificates/client_certificate.ts';
export type { ProxySettings } from './certificates/presented.ts';
export type { Clause, ClauseId } from './clause.ts';
export { ConfigError, OperationalError, type Problem, ProfileViolationError, type Violation } from './errors.ts';
export type { Levels } from './fapi/acr.ts';
export type { JsonSchema } from './fapi/detail_schema.ts';
export type { DetailSettings, DetailType, Enrich } from './fapi/detail_settings.ts';
export type { DetailWords, Localized } from './fapi/detail_words.ts';
export type { DpopSettings } from './fapi/dpop.ts';
export type { ParameterRule, ParameterRules } from './fapi/extra_parameters.ts';
export type { Compose, HookAt, HookPath, Hooks } from './fapi/hooks.ts';
export type { IntrospectionSettings as IntrospectionPolicy } from './fapi/introspection.ts';
export type { RequestObjectSettings } from './fapi/jar.ts';
export type { Finding, HeldClause, Mechanism } from './fapi/mechanism.ts';
export type { MtlsSettings } from './fapi/mtls.ts';
export type { ParSettings } from './fapi/par.ts';
export type { RefusalSettings } from './fapi/refusal_settings.ts';
export type { ReplayAdapter } from './fapi/replay.ts';
export type { ResourceInput } from './fapi/resource_settings.ts';
export type { SessionSettings } from './fapi/session.ts';
export { type Stage, type Staged, stages } from './fapi/stages.ts';
export type { SubjectSettings } from './fapi/subject.ts';
export { fapiProvider, type ProviderSettings } from './fapi_provider.ts';
export type { Limits } from './http/limits.ts';
export type { OutboundSettings } from './http/outbound.ts';
export type { SecurityHeaderSettings } from './http/security_headers.ts';
export { type Log, logTo } from './log.ts';
export type { Moving } from './moving/clients.ts';
export { type JudgedClient, judge, type Profile, violations } from './profile.ts';
export { fapi2MessageSigning, type MessageSigning } from './profiles/fapi2_message_signing.ts';
export { fapi2SecurityProfile, type ProfileSettings } from './profiles/fapi2_security_profile.ts';

// The store, with or without a profile.

export { migrationNames, migrationSource } from '../migrations/index.ts';
export { type Database, type DatabaseOptions, openDatabase } from './database/database.ts';
export { type MigrateOptions, migrate, migrateDown, type SchemaStatus, schemaStatus } from './database/schema.ts';
export { type CookieKeys, type Kept, type Keys, loadKeys } from './keys/keys.ts';
export { type KnexAdapterFactory, type KnexAdapterOptions, knexAdapter } from './store/adapter.ts';
export type { Expected, Foresight, Linking } from './store/foresight.ts';
export type { Holder, Revoked } from './store/held.ts';
export type { KnexAdapter } from './store/model_adapter.ts';
export type { Retention } from './store/models.ts';
export { type OidcStore, type OpenStoreOptions, openStore } from './store/open_store.ts';
export type { Purged, PurgeOptions, PurgeSchedule } from './store/purge.ts';
export type { Resealed, ResealOptions } from './store/reseal.ts';
export type { EncryptionKey } from './store/seal.ts';
export type { Store, StoreOptions } from './store/store.ts';
export { unitOfWork } from './store/unit_of_work.ts';

// The pages, and who may log in.

export {
  type AccountSource,
  type Accounts,
  type Authenticated,
  accountsFrom,
  type KnownAccount,
  type ListedAccount,
  type PasswordAccounts,
} from './accounts/accounts.ts';
export { listedAccounts } from './accounts/listed.ts';
export { type AccountStore, type StoredAccounts, storedAccounts } from './accounts/stored.ts';
export type { Attempt, Attempts } from './interactions/attempts.ts';
export type { DetailTypes } from './interactions/authorization_details.ts';
export type { OwnMessages } from './interactions/language.ts';
export type { Messages } from './interactions/messages/en.ts';
export { type PagesOptions, pages } from './interactions/pages.ts';
export { interactionPolicy } from './interactions/policy.ts';
export { type InteractionsOptions, interactions, interactionUrl } from './interactions/routes.ts';
export type { Words } from './interactions/words.ts';

// A resource server beside the provider, in Koa; others have sub-paths: oidc-provider-fapi/resource, .../express, .../koa.

export { clientCertificate, type NodeRequest, type TellWhy } from './certificates/presented.ts';
export type { AccessToken, VerifyAccessToken } from './resource/access_token.ts';
export { tokensOf } from './resource/access_tokens.ts';
export type { Protection } from './resource/authorize.ts';
export { type DpopNonces, dpopNonces } from './resource/dpop_nonce.ts';
export type { ProofRules } from './resource/dpop_proof.ts';
export { type IntrospectionSettings, introspection } from './resource/introspection.ts';
export { type ProtectedState, protect } from './resource/koa.ts';
