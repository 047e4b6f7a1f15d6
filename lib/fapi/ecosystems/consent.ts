import { createHash } from 'node:crypto';

import type { Grant, KoaContextWithOIDC, Provider } from 'oidc-provider';

import { seconds } from '../../seconds.ts';
import { replayOf } from '../replay.ts';

/** States of a consent: it leaves the first one once, and comes back from none. */
export type ConsentState = 'awaiting' | 'authorised' | 'rejected' | 'revoked' | 'expired';

/** A consent as its client asked for it. */
export interface ConsentRequest {
  readonly permissions: readonly string[];
  /** Seconds since the epoch at which it ends. */
  readonly ends_at: number;
  /** Seconds since the epoch at which it is too late to give it; its end when left out. */
  readonly decided_by?: number | undefined;
  /** The only person who can give it, by claims and a value each has or lists; anybody the client sends when left out. */
  readonly person?: readonly { readonly claim: string; readonly value: string }[] | undefined;
  /** The client’s own words, for the answer. */
  readonly content: unknown;
}

/** A consent in the store. Its grant says who gave it, and if it is still good. */
export interface Consent extends ConsentRequest {
  readonly jti: string;
  readonly iat: number;
  readonly clientId: string;
  /** The person's grant, from the moment the consent was authorised. */
  readonly grantId?: string;
  /** Why it ended before its time, where that is not told by its grant. */
  readonly ended?: 'rejected' | 'revoked';
  /** Seconds since the epoch at which it left the first state. */
  readonly changed_at?: number;
}

/** Seconds a consent is told of after its end. */
const remembered = 30 * 86_400;

type Row = Consent & { save(): Promise<string> };

function modelOf(provider: Provider) {
  // The name of the class is the name of the model in the store.
  return class AccountConsent extends provider.BaseToken {
    static override get IN_PAYLOAD() {
      return [
        ...provider.BaseToken.IN_PAYLOAD,
        'permissions',
        'ends_at',
        'decided_by',
        'person',
        'content',
        'grantId',
        'ended',
        'changed_at',
      ];
    }
    // Core's types do not know the members that are added.
  } as unknown as {
    new (properties: object): Row;
    find(id: string, options?: { ignoreExpiration: boolean }): Promise<Row | undefined>;
  };
}

/**
 * The consents of one provider.
 *
 * @example
 * const consent = await Consents.of(provider).find(id, client.clientId);
 */
export class Consents {
  readonly #provider: Provider;
  readonly #model: ReturnType<typeof modelOf>;

  private constructor(provider: Provider) {
    this.#provider = provider;
    this.#model = modelOf(provider);
  }

  static readonly #known = new WeakMap<Provider, Consents>();

  static of(provider: Provider): Consents {
    const known = Consents.#known.get(provider) ?? new Consents(provider);
    Consents.#known.set(provider, known);
    return known;
  }

  async create(clientId: string, request: ConsentRequest): Promise<Consent> {
    const row = new this.#model({ clientId, ...request, iat: seconds(), exp: request.ends_at + remembered });
    await row.save();
    return row;
  }

  /** Finds a consent of a client; `undefined` also for another client's, as for one that never was. */
  async find(id: string, clientId: string | undefined): Promise<Consent | undefined> {
    const row = await this.#model.find(id);
    return row?.clientId === clientId ? row : undefined;
  }

  async state({ ended, grantId, ends_at, decided_by = ends_at }: Consent): Promise<ConsentState> {
    if (ended) return ended;
    if (ends_at <= seconds()) return 'expired';
    if (grantId === undefined) return decided_by <= seconds() ? 'expired' : 'awaiting';
    return (await this.#provider.Grant.find(grantId)) ? 'authorised' : 'revoked';
  }

  /**
   * Ties the consent to the grant of the person who gave it; the grant ends with it.
   *
   * @param scope what the request calls it in its scope, where it does.
   * @returns false when it was settled otherwise before, by whatever process.
   */
  async authorise(consent: Consent, grant: Grant, scope: string | undefined): Promise<boolean> {
    if (consent.grantId === grant.jti) return true;
    if (!(await this.#settle(consent))) return false;
    await this.#write(consent, { grantId: grant.jti });
    if (scope !== undefined) grant.addOIDCScope(scope);
    grant.exp = consent.ends_at;
    await grant.save();
    return true;
  }

  async reject(consent: Consent): Promise<void> {
    if (await this.#settle(consent)) await this.#write(consent, { ended: 'rejected' });
  }

  /**
   * Ends a consent, with its grant and every token.
   *
   * @returns false when it is being authorised at this moment.
   */
  async revoke(consent: Consent, ctx: object): Promise<boolean> {
    const { grantId, ended } = consent;
    if (ended) return true;
    if (grantId === undefined) {
      if (!(await this.#settle(consent))) return false;
      await this.#write(consent, { ended: 'revoked' });
      return true;
    }
    const { Grant, AccessToken, RefreshToken, AuthorizationCode } = this.#provider;
    await (await Grant.find(grantId))?.destroy();
    for (const { adapter } of [AccessToken, RefreshToken, AuthorizationCode]) await adapter.revokeByGrantId(grantId);
    // As core tells of it.
    this.#provider.emit('grant.revoked', ctx as KoaContextWithOIDC, grantId);
    await this.#write(consent, { ended: 'revoked' });
    return true;
  }

  /** Answers true for the one that may take the consent out of its first state. The database decides which. */
  #settle({ jti, ends_at }: Consent): Promise<boolean> {
    const id = createHash('sha256').update(`account_consent ${jti}`).digest('base64url');
    return replayOf(this.#provider).unique(id, ends_at + remembered);
  }

  async #write(consent: Consent, more: Pick<Consent, 'grantId'> | Pick<Consent, 'ended'>): Promise<void> {
    await Object.assign(consent as Row, { ...more, changed_at: seconds() }).save();
  }
}
