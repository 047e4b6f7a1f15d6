import { hasPassed } from '../seconds.ts';
import { type Holder, type Revoked, revoke } from '../store/held.ts';
import type { OidcStore } from '../store/open_store.ts';
import { rowId } from '../store/row.ts';
import type { Acts } from './acts.ts';
import { ActRefused } from './refused.ts';

/** A grant as an administrator sees it: nothing that lets its reader act for anybody. Times in seconds since the epoch. */
export interface ShownGrant {
  /** The hash that stands for the grant in the trail. */
  readonly grant: string;
  readonly account: string | undefined;
  readonly client_id: string | undefined;
  readonly given_at: number | undefined;
  readonly expires_at: number | undefined;
  /** Scopes of OpenID Connect and of the resources, each once. */
  readonly scope: string;
  readonly authorization_details: readonly unknown[] | undefined;
}

/** Parts a desk for grants is made of. */
export interface GrantDeskParts {
  readonly store: Pick<OidcStore, 'held' | 'revoke'>;
  readonly acts: Acts;
  /** The `sub` that a name stands for; `undefined` when nobody has it. */
  readonly subjectOf: (name: string) => Promise<string | undefined>;
  /** @throws {ActRefused} when there is no such client. */
  readonly knownClient: (client_id: string) => Promise<unknown>;
}

/** The holder whose grants are wanted: an account by its login or `sub`, a client, or all. */
export type Wanted = Pick<Holder, 'account' | 'client' | 'before' | 'all'>;

/** Lists and revokes grants, whoever holds them. */
export class GrantDesk {
  readonly #parts: GrantDeskParts;

  constructor(parts: GrantDeskParts) {
    this.#parts = parts;
  }

  /**
   * Lists the grants of a holder.
   *
   * @param limit grants at most
   * @throws {ActRefused} when there is no such account or client.
   */
  async list(wanted: Wanted, limit: number): Promise<ShownGrant[]> {
    const holder = await this.#holder(wanted);
    const shown: ShownGrant[] = [];
    for await (const page of this.#parts.store.held('Grant', holder)) {
      shown.push(...page.slice(0, limit - shown.length).map(shownOf));
      if (shown.length >= limit) break;
    }
    return shown;
  }

  /**
   * Revokes grants with everything that hangs on them, sessions unless they are kept, and tokens that clients have on
   * their own account.
   *
   * @throws {ActRefused} when nobody is named, the account or client is unknown, or `before` is still to come.
   */
  revoke(wanted: Wanted, { keepSessions = false } = {}): Promise<Revoked> {
    const { acts, store } = this.#parts;
    const said = { account: wanted.account, client: wanted.client };
    return acts.attempt('grants revoke', { client: wanted.client }, async () => {
      judge(wanted);
      const holder = await this.#holder(wanted);
      const { before, all } = wanted;
      const about = (revoked: Revoked) => ({ ...said, account: holder.account, details: { before, all, ...revoked } });
      if (holder.account === undefined) {
        // It may be millions of rows: page by page, so that what is ended is ended at once.
        const revoked = await store.revoke(holder, { keepSessions });
        await acts.record('grants.revoked', about(revoked));
        return revoked;
      }
      return acts.transact(async ({ adapter, record }) => {
        const revoked = await revoke(adapter.store, holder, { keepSessions });
        record('grants.revoked', about(revoked));
        return revoked;
      });
    });
  }

  async #holder(wanted: Wanted): Promise<Holder> {
    const { account: name, client } = wanted;
    const account = name === undefined ? undefined : await this.#parts.subjectOf(name);
    if (name !== undefined && account === undefined) throw new ActRefused(404, `no account ${name}`);
    if (client !== undefined) await this.#parts.knownClient(client);
    return { ...wanted, account };
  }
}

function judge({ account, client, before, all }: Wanted): void {
  const named = [account, client, before, all].some((value) => value !== undefined);
  if (!named) throw new ActRefused(400, 'say whose grants: an account, a client, a time before which, or all');
  if (all && [account, client, before].some((value) => value !== undefined)) {
    throw new ActRefused(400, 'all is everybody’s: leave out the account, the client and the time, or leave out all');
  }
  if (before !== undefined && !hasPassed(before)) {
    throw new ActRefused(400, 'before is still to come: name a time that has passed');
  }
}

const numberOf = (value: unknown) => (typeof value === 'number' ? value : undefined);
const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

type HeldGrant = Awaited<ReturnType<ReturnType<OidcStore['held']>['next']>>['value'][number];

function shownOf({ jti, accountId, clientId, iat, exp, openid, resources, rar }: HeldGrant): ShownGrant {
  const scopes = [openid?.scope, ...Object.values(resources ?? {})].filter(Boolean).join(' ');
  return {
    grant: rowId('Grant', `${jti}`),
    account: textOf(accountId),
    client_id: textOf(clientId),
    given_at: numberOf(iat),
    expires_at: numberOf(exp),
    scope: [...new Set(scopes.split(' ').filter(Boolean))].join(' '),
    authorization_details: Array.isArray(rar) ? rar : undefined,
  };
}
