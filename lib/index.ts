export type { Clause, ClauseId } from './clause.ts';
export { type Config, loadConfig } from './config.ts';
export { ConfigError, OperationalError, ProfileViolationError, type Violation } from './errors.ts';
export type { Mechanism } from './fapi/mechanism.ts';
export { attach, configure, type Profile, violations } from './profile.ts';
export { fapi2MessageSigning } from './profiles/fapi2_message_signing.ts';
export { fapi2SecurityProfile, type ProfileSettings } from './profiles/fapi2_security_profile.ts';
