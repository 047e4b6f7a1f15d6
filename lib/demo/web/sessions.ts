import type { Context } from 'koa';
import type { CryptoKeyPair } from 'openid-client';

import type { Receipt } from './bank_api.ts';
import { Kept, randomName } from './kept.ts';
import type { Flow, Purpose } from './planner.ts';

/** A person who has signed in, in one browser. */
export interface Session {
  readonly sub: string;
  readonly name: string;
  readonly keyPair: CryptoKeyPair;
  /** The last flow of each kind that came to its end. */
  readonly flows: Map<Purpose, Flow>;
  readonly receipts: Receipt[];
}

/**
 * Names of the cookies. With this prefix a browser takes them only over TLS, from this very host, and for all of its
 * paths.
 */
const names = { session: '__Host-session', visitor: '__Host-visitor' } as const;

const hour = 3600;

/**
 * Two cookies. The one of the session travels with requests of our own page only. The one of the visitor says that the browser
 * that comes back from the bank is the one that went: it has to travel with that one navigation, which another site begins.
 */
export class Sessions {
  readonly #sessions = new Kept<Session>({ most: 1000, idle: hour / 2, longest: 8 * hour });

  visitor(ctx: Context): string {
    const known = ctx.cookies.get(names.visitor);
    if (known && /^[\w-]{43}$/.test(known)) return known;
    const made = randomName();
    ctx.cookies.set(names.visitor, made, { secure: true, httpOnly: true, sameSite: 'lax' });
    return made;
  }

  of(ctx: Context): Session | undefined {
    return this.#sessions.get(ctx.cookies.get(names.session));
  }

  /** Starts a session under a new name, so that nobody can have planted the name that is used. */
  start(ctx: Context, session: Session): void {
    this.#sessions.take(ctx.cookies.get(names.session));
    const name = randomName();
    this.#sessions.put(name, session);
    ctx.cookies.set(names.session, name, { secure: true, httpOnly: true, sameSite: 'strict' });
  }

  end(ctx: Context): Session | undefined {
    const session = this.#sessions.take(ctx.cookies.get(names.session));
    ctx.cookies.set(names.session, null, { secure: true, httpOnly: true, sameSite: 'strict' });
    return session;
  }
}
