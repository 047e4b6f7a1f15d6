import type { JsonWebKey } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import type { Connection, Reply } from '../bench/connection.ts';
import { type Ledger, said } from './ledger.ts';

/** Longer than any timeout of the server's own. */
const HANG = 15_000;
const GIVE_UP = 60_000;

/** A server that clients connect to, and where they write what they see. */
export interface Reachable {
  readonly ledger: Ledger;
  readonly key: JsonWebKey;
  connect(): Promise<Connection>;
}

/** No answer, or one that says to come back: what was asked may have been done or not. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** A client's side of the wire when servers die: notices hangs and 500s, and knows when it does not know. */
export class Patient {
  readonly #world: Reachable;
  readonly #ledger: Ledger;
  #connection: Connection | undefined;

  constructor(world: Reachable) {
    this.#world = world;
    this.#ledger = world.ledger;
  }

  /** @throws Interrupted */
  readonly exchange = async (request: string): Promise<Reply> => {
    const reply = await this.#answer(request);
    if (reply.status === 503 || /\r\nlocation:[^\r]*[?&]error=temporarily_unavailable/i.test(reply.head)) {
      this.#ledger.answers.unavailable += 1;
      if (reply.status === 503 && !/\r\nretry-after:/i.test(reply.head))
        this.#ledger.fault('a 503 without Retry-After');
      throw new Interrupted('unavailable');
    }
    if (reply.status >= 500 || /[?&]error=server_error/.test(reply.head)) {
      this.#ledger.fault(`${request.split(/[? ]/, 2).join(' ')}: ${said(reply)}`);
      throw new Interrupted('500');
    }
    this.#ledger.answers[reply.status < 400 ? 'good' : 'refused'] += 1;
    return reply;
  };

  /** Asks again until there is an answer; `doubtful` when an earlier attempt may have been carried out unseen. */
  async insist<T>(attempt: () => Promise<T>): Promise<{ value: T; doubtful: boolean }> {
    const started = performance.now();
    for (let doubtful = false; ; doubtful = true) {
      try {
        return { value: await attempt(), doubtful };
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        if (performance.now() - started > GIVE_UP) throw new Error('the server did not come back', { cause: error });
        await delay(50);
      }
    }
  }

  close(): void {
    this.#connection?.close();
  }

  async #answer(request: string): Promise<Reply> {
    const started = performance.now();
    const hung = new AbortController();
    try {
      if (!this.#connection?.usable) this.#connection = await this.#world.connect();
      const late = delay(HANG, undefined, { signal: hung.signal }).then(() => {
        throw new Error('no answer');
      });
      return await Promise.race([this.#connection.send(request), late]);
    } catch (error) {
      if (performance.now() - started >= HANG)
        this.#ledger.fault(`no answer within ${HANG} ms: ${request.slice(0, 60)}`);
      this.#ledger.answers.lost += 1;
      this.close();
      throw new Interrupted('lost', { cause: error });
    } finally {
      hung.abort();
    }
  }
}
