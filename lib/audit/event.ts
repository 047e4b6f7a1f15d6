import type { ClauseId } from '../clause.ts';

/** Every event of the trail by its stable name, as a sentence that `explain` tells a flow with. */
export const events = {
  'push.accepted': 'a pushed authorization request was accepted',
  'push.refused': 'a pushed authorization request was refused',
  'request.spent': 'the pushed request was spent',
  'request.refused': 'an authorization request was refused',
  'client.refused': 'a client could not authenticate',
  'login.succeeded': 'a person logged in',
  'login.refused': 'a login or password was wrong',
  'login.limited': 'a login was not tried, after too many attempts',
  'consent.given': 'the person consented',
  'consent.refused': 'the person refused',
  'code.issued': 'an authorization code was issued',
  'code.reused': 'an authorization code was used again, and what it was good for was revoked',
  'tokens.issued': 'tokens were issued',
  'identity.told': 'a person’s identity was told',
  'tokens.refused': 'no tokens were issued',
  'replay.refused': 'an assertion or proof was used again and refused',
  'introspection.refused': 'an introspection was refused',
  'token.revoked': 'a token was revoked',
  'grant.revoked': 'a grant was revoked',
  'logout.finished': 'a person logged out',
  'client.added': 'a client was added',
  'client.changed': 'a client was changed',
  'client.disabled': 'a client was disabled',
  'client.enabled': 'a client was enabled',
  'client.removed': 'a client was removed',
  'account.added': 'an account was added',
  'account.password': 'an account was given a new password',
  'account.locked': 'an account was locked',
  'account.unlocked': 'an account was unlocked',
  'account.removed': 'an account was removed',
  'account.exported': 'what is kept about a person was exported',
  'account.erased': 'what is kept about a person was erased',
  'grants.revoked': 'grants were revoked by an administrator',
  'keys.added': 'a signing key was added',
  'keys.rotated': 'signing keys were rotated',
  'keys.promoted': 'a signing key became the active one',
  'keys.retired': 'a signing key was retired',
  'configuration.reloaded': 'a changed configuration took effect',
  'configuration.refused': 'a changed configuration was refused',
  'admin.refused': 'an administrative act was refused',
  'node.started': 'a process began to serve',
  'node.stopped': 'a process stopped',
  'nodes.differ': 'the processes of this database were found to differ',
  'audit.began': 'a chain of records began',
  'audit.checkpoint': 'the chain up to here was signed',
  'audit.dropped': 'records were left out, for want of room',
  'audit.faulty': 'the trail was verified, and is not as it was written',
  'audit.retired': 'records older than the retention were dropped',
} as const;

export type EventName = keyof typeof events;

/** A security decision or an administrative act, before it becomes a record. Nothing in it is a secret. */
export interface Occurrence {
  readonly event: EventName;
  readonly clause?: ClauseId | undefined;
  readonly client?: string | undefined;
  /** The account's `sub`; the record holds a pseudonym instead. */
  readonly account?: string | undefined;
  readonly grantId?: string | undefined;
  /** Joins push, login, consent, code, tokens and refresh of one flow. */
  readonly flow?: string | undefined;
  /** Scopes, claims, authorization details, the error and its reason; sealed by the person's key where there is a person. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** The administrator or command that did it. */
  readonly by?: string | undefined;
}
