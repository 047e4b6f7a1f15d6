// The profiles, around a provider of yours.

export type { AcceptCertificate } from './certificates/client_certificate.ts';
export { clientCertificate, type ProxySettings } from './certificates/presented.ts';
export type { Clause, ClauseId } from './clause.ts';
export { ConfigError, OperationalError, ProfileViolationError, type Violation } from './errors.ts';
export type { Mechanism } from './fapi/mechanism.ts';
export type { ReplayAdapter } from './fapi/replay.ts';
export { type Stage, type Staged, stages } from './fapi/stages.ts';
export { fapiProvider } from './fapi_provider.ts';
export { type JudgedClient, judge, type Profile, violations } from './profile.ts';
export { fapi2MessageSigning, type MessageSigning } from './profiles/fapi2_message_signing.ts';
export { fapi2SecurityProfile, type ProfileSettings } from './profiles/fapi2_security_profile.ts';

// The store, with or without a profile.

export { migrationNames, migrationSource } from '../migrations/index.ts';
export { type Database, type DatabaseOptions, openDatabase } from './database/database.ts';
export { migrate, migrateDown, schemaStatus } from './database/schema.ts';
export { type Keys, loadKeys } from './keys/keys.ts';
export { type KnexAdapterFactory, type KnexAdapterOptions, knexAdapter } from './store/adapter.ts';
export type { Holder, Revoked } from './store/held.ts';
export { type OidcStore, type OpenStoreOptions, openStore } from './store/open_store.ts';
export { unitOfWork } from './store/unit_of_work.ts';

// The pages, and who may log in.

export { type Accounts, accountsFrom, type ListedAccount } from './accounts/accounts.ts';
export { listedAccounts } from './accounts/listed.ts';
export { storedAccounts } from './accounts/stored.ts';
export { pages } from './interactions/pages.ts';
export { interactionPolicy } from './interactions/policy.ts';
export { type InteractionsOptions, interactions, interactionUrl } from './interactions/routes.ts';

// The server whole, from its configuration file.

export { type Config, loadConfig } from './config/load.ts';
export type { Extension } from './server/extension.ts';
export { type RunningServer, startServer } from './server/server.ts';

// A resource server beside the provider, in Koa; others have sub-paths: oidc-provider-fapi/resource, .../express, .../koa.

export type { AccessToken, VerifyAccessToken } from './resource/access_token.ts';
export { tokensOf } from './resource/access_tokens.ts';
export type { Protection } from './resource/authorize.ts';
export { type DpopNonces, dpopNonces } from './resource/dpop_nonce.ts';
export { type IntrospectionSettings, introspection } from './resource/introspection.ts';
export { type ProtectedState, protect } from './resource/koa.ts';
