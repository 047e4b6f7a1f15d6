import type { JsonWebKey } from 'node:crypto';

import { header } from '../bench/browser.ts';
import { Client } from '../bench/client.ts';
import { Connection, type Reply, type Target } from '../bench/connection.ts';
import { discover } from '../bench/endpoints.ts';
import { Sender } from '../bench/sender.ts';

/** A contender: what it sends, and whether the answer means it was the one. */
export interface Attempt {
  readonly request: string;
  won(reply: Reply): boolean;
}

const wonBy = (request: string, expected: number): Attempt => ({ request, won: ({ status }) => status === expected });

/** One client with one person's browser, and connections to every process. */
export class Lane {
  readonly #sender: Sender;
  readonly #connections: readonly Connection[];

  private constructor(sender: Sender, connections: readonly Connection[]) {
    this.#sender = sender;
    this.#connections = connections;
  }

  static async open(key: JsonWebKey, targets: readonly Target[], contenders: number): Promise<Lane> {
    const opened = Array.from({ length: contenders }, (_, index) =>
      Connection.open(targets[index % targets.length] as Target),
    );
    const connections = await Promise.all(opened);
    const endpoints = await discover(targets[0] as Target);
    const first = connections[0] as Connection;
    return new Lane(new Sender(new Client(key), endpoints, (sent) => first.send(sent)), connections);
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  /** All at once, each on its own connection; the next process's first. Answers how many won. */
  async race(attempts: readonly Attempt[]): Promise<number> {
    const replies = attempts.map(async (attempt, index) => {
      const reply = await (this.#connections[index] as Connection).send(attempt.request);
      if (reply.status >= 500) throw new Error(`status ${reply.status}: ${reply.body}`);
      return attempt.won(reply);
    });
    return (await Promise.all(replies)).filter(Boolean).length;
  }

  /** The same assertion for everybody. */
  sameAssertion(): Attempt {
    return wonBy(this.#sender.pushRequest(), 201);
  }

  /** The same request_uri, in the browser of a person who has logged in and consented before. */
  async sameRequestUri(): Promise<Attempt> {
    await this.#sender.code();
    const sent = this.#sender.browser.written('GET', this.#sender.authorization(await this.#sender.pushed()));
    return { request: sent, won: (reply) => header(reply, 'location')?.includes('code=') ?? false };
  }

  async sameCode(): Promise<() => Attempt> {
    const code = await this.#sender.code();
    return () => wonBy(this.#sender.tokenRequest(code), 200);
  }

  async sameRefreshToken(): Promise<() => Attempt> {
    const { refresh_token } = await this.#sender.tokens();
    return () => wonBy(this.#sender.refreshRequest(refresh_token), 200);
  }

  async sameProof(): Promise<Attempt> {
    return wonBy(this.#sender.userinfoRequest((await this.#sender.tokens()).access_token), 200);
  }
}
