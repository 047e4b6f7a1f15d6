import type { ClauseId } from '../clause.ts';
import { TOLERATED } from '../database/clock.ts';

/**
 * How a row is spent, always by one conditional statement:
 * - `code`: marked as spent. A second use revokes what the first one got, also when the code has expired by then.
 * - `token`: marked as spent. A second use revokes what the first one got.
 * - `request`: marked as spent, and what was asked for is forgotten.
 * - `jti`: by being there. The first to write it is the one.
 * - `never`: read and written until it expires.
 */
export type Spent = 'code' | 'token' | 'request' | 'jti' | 'never';

/** Seconds that rows of other models live, as configured. */
export interface Lifetimes {
  readonly interaction: number;
  readonly access_token: number;
}

/** The time for which a row stays after it has expired, without the margin for clocks that differ. */
export interface KeptFor {
  seconds(lifetimes: Lifetimes): number;
  readonly why: string;
  readonly clause?: ClauseId;
}

/** The members of a payload that say whose row it is: the row is found by them. A row of a grant is found by the grant. */
export interface HeldBy {
  readonly account?: 'accountId' | 'jti';
  readonly client?: 'clientId' | 'client_id';
}

/** Everything that the store has to know of a model. */
export interface Model {
  readonly spent: Spent;
  /** Goes when the grant it names is revoked. */
  readonly ofGrant: boolean;
  /** May be written with the last statement of the request, since nobody learns of it before the response has left. */
  readonly waits: boolean;
  /** Core's routes at which the decision may travel with the rows that hang on it, within a `unitOfWork()`. */
  readonly decidesLater: readonly string[];
  /** Handed to the client: taken back when a decision that travelled with it was lost. */
  readonly issued: boolean;
  /** May be saved again after it was destroyed. All others stay so, whatever a request under way has read before. */
  readonly returns: boolean;
  /** Goes on under a new id now and then, with the `uid` it has: destroyed under one, it is so under all. */
  readonly renewed: boolean;
  readonly kept: KeptFor;
  /** Absent where its rows are not looked for by whose they are. */
  readonly heldBy?: HeldBy | undefined;
  /** Core's own, so that any adapter has to keep it. */
  readonly isCore: boolean;
}

const lifetime: KeptFor = { seconds: () => 0, why: 'core judges `exp`' };

const request: KeptFor = {
  seconds: ({ interaction }) => Math.max(3600, 3 * interaction),
  why: 'core marks it as spent when the person has finished, several interactions after it expired at the latest: without the row, one request_uri would be good for several codes',
  clause: 'FAPI2-SP-FINAL-5.3.2.2-3',
};

const code: KeptFor = {
  seconds: ({ access_token }) => Math.max(3600, access_token),
  why: 'a second use revokes what the first one got, as long as that may live',
  clause: 'FAPI2-SP-FINAL-5.3.2.2-9',
};

const jti: KeptFor = {
  seconds: () => 0,
  why: 'its `exp` is the time until which the assertion or proof would be accepted',
  clause: 'FAPI2-SP-FINAL-6.2',
};

const [yes, no] = [true, false];
const never: readonly string[] = [];
const token = ['token'];
const push = ['pushed_authorization_request', 'token'];

const nobody = undefined;
const person: HeldBy = { account: 'accountId' };
const account: HeldBy = { account: 'jti' };
const owner: HeldBy = { client: 'clientId' };
const client: HeldBy = { client: 'client_id' };
const both: HeldBy = { ...person, ...owner };

// biome-ignore format: a table
const table: Readonly<Record<string, Model>> = {
  Session:                          { spent: 'never',   ofGrant: no,  waits: yes, decidesLater: never, issued: no,  returns: no,  renewed: yes, kept: lifetime, heldBy: person,  isCore: yes },
  Grant:                            { spent: 'never',   ofGrant: no,  waits: yes, decidesLater: never, issued: no,  returns: no,  renewed: no,  kept: lifetime, heldBy: both,    isCore: yes },
  Interaction:                      { spent: 'never',   ofGrant: no,  waits: yes, decidesLater: never, issued: no,  returns: no,  renewed: no,  kept: lifetime, heldBy: nobody,  isCore: yes },
  Client:                           { spent: 'never',   ofGrant: no,  waits: no,  decidesLater: never, issued: no,  returns: yes, renewed: no,  kept: lifetime, heldBy: client,  isCore: yes },
  InitialAccessToken:               { spent: 'never',   ofGrant: no,  waits: no,  decidesLater: never, issued: no,  returns: no,  renewed: no,  kept: lifetime, heldBy: nobody,  isCore: yes },
  RegistrationAccessToken:          { spent: 'never',   ofGrant: no,  waits: no,  decidesLater: never, issued: no,  returns: no,  renewed: no,  kept: lifetime, heldBy: owner,   isCore: yes },
  AccessToken:                      { spent: 'never',   ofGrant: yes, waits: yes, decidesLater: never, issued: yes, returns: no,  renewed: no,  kept: lifetime, heldBy: nobody,  isCore: yes },
  ClientCredentials:                { spent: 'never',   ofGrant: no,  waits: no,  decidesLater: never, issued: yes, returns: no,  renewed: no,  kept: lifetime, heldBy: owner,   isCore: yes },
  AuthorizationCode:                { spent: 'code',    ofGrant: yes, waits: yes, decidesLater: token, issued: no,  returns: no,  renewed: no,  kept: code,     heldBy: nobody,  isCore: yes },
  RefreshToken:                     { spent: 'token',   ofGrant: yes, waits: yes, decidesLater: never, issued: yes, returns: no,  renewed: no,  kept: lifetime, heldBy: nobody,  isCore: yes },
  DeviceCode:                       { spent: 'token',   ofGrant: yes, waits: no,  decidesLater: never, issued: no,  returns: no,  renewed: no,  kept: lifetime, heldBy: nobody,  isCore: yes },
  BackchannelAuthenticationRequest: { spent: 'token',   ofGrant: yes, waits: no,  decidesLater: never, issued: no,  returns: no,  renewed: no,  kept: lifetime, heldBy: nobody,  isCore: yes },
  PreAuthorizedCode:                { spent: 'token',   ofGrant: yes, waits: no,  decidesLater: never, issued: no,  returns: no,  renewed: no,  kept: lifetime, heldBy: nobody,  isCore: yes },
  PushedAuthorizationRequest:       { spent: 'request', ofGrant: no,  waits: no,  decidesLater: never, issued: yes, returns: no,  renewed: no,  kept: request,  heldBy: nobody,  isCore: yes },
  ReplayDetection:                  { spent: 'jti',     ofGrant: no,  waits: no,  decidesLater: push,  issued: no,  returns: no,  renewed: no,  kept: jti,      heldBy: nobody,  isCore: yes },
  Account:                          { spent: 'never',   ofGrant: no,  waits: no,  decidesLater: never, issued: no,  returns: no,  renewed: no,  kept: lifetime, heldBy: account, isCore: no  },
  AccountLogin:                     { spent: 'never',   ofGrant: no,  waits: no,  decidesLater: never, issued: no,  returns: yes, renewed: no,  kept: lifetime, heldBy: nobody,  isCore: no  },
  ListedAccounts:                   { spent: 'never',   ofGrant: no,  waits: no,  decidesLater: never, issued: no,  returns: yes, renewed: no,  kept: lifetime, heldBy: nobody,  isCore: no  },
  Kept:                             { spent: 'never',   ofGrant: no,  waits: no,  decidesLater: never, issued: no,  returns: no,  renewed: no,  kept: lifetime, heldBy: nobody,  isCore: no  },
  AccountConsent:                   { spent: 'never',   ofGrant: no,  waits: no,  decidesLater: never, issued: no,  returns: no,  renewed: no,  kept: lifetime, heldBy: nobody,  isCore: no  },
};

/**
 * A model that is not listed: written at once, decided at once, never taken back, spent where core asks for it. This is
 * right for any model, and slower than a line of its own.
 */
const unknown: Model = {
  spent: 'token',
  ofGrant: true,
  waits: false,
  decidesLater: never,
  issued: false,
  returns: true,
  renewed: false,
  kept: lifetime,
  isCore: false,
};

/** The models that are known, as they are listed. */
export const models: readonly string[] = Object.keys(table);

/** Looks up a model; one that is not listed gets the safe values of `unknown`. */
export function modelOf(name: string): Model {
  return Object.hasOwn(table, name) ? (table[name] as Model) : unknown;
}

/** Names of the models of which something is true. */
export function modelsThat(is: (model: Model) => boolean): string[] {
  return models.filter((name) => is(modelOf(name)));
}

/** Models of the tokens that a code, or another row of a grant, is exchanged for. */
export const exchanged: readonly string[] = modelsThat(({ ofGrant, issued }) => ofGrant && issued);

/** Seconds a row outlives its expiry, by model. Core judges expiry; retention only says when a row may be purged. */
export type Retention = Readonly<Record<string, number>>;

/**
 * Seconds that every row stays longer: clocks of processes differ, and core's `clockTolerance`, 59 at most, lets a row
 * count a little after it has expired.
 */
export const MARGIN = TOLERATED + 60;

/** How long rows of each model are kept after they have expired, where other models live that long. */
export function retentionFor(lifetimes: Lifetimes): Retention {
  return Object.fromEntries(models.map((name) => [name, modelOf(name).kept.seconds(lifetimes)]));
}

const shortest = retentionFor({ interaction: 0, access_token: 0 });

/** Seconds a row of this model is kept after it has expired: as the caller says, or else as the table does. */
export function secondsKept(retention: Retention | undefined, model: string): number {
  return MARGIN + (retention?.[model] ?? shortest[model] ?? 0);
}
