import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { Browser, UnexpectedReply } from '../bench/browser.ts';
import { Client } from '../bench/client.ts';
import type { Endpoints } from '../bench/endpoints.ts';
import { Sender } from '../bench/sender.ts';
import { said } from './ledger.ts';
import { Patient, type Reachable } from './patient.ts';

/** Long enough that a kill usually falls between two steps, or into one. */
const pause = () => delay(randomInt(700));

interface Pushed {
  readonly sent: string;
  readonly requestUri: string;
}

/** One person and one client, flow after flow, who remember what they were promised and try to spend it twice. */
export class Customer {
  readonly #world: Reachable;
  readonly #patient: Patient;
  readonly #sender: Sender;

  constructor(world: Reachable, endpoints: Endpoints) {
    this.#world = world;
    this.#patient = new Patient(world);
    this.#sender = new Sender(new Client(world.key), endpoints, this.#patient.exchange);
  }

  async shop(open: () => boolean): Promise<void> {
    while (open()) {
      this.#sender.browser = new Browser(this.#patient.exchange);
      await this.#flow();
    }
    this.#patient.close();
  }

  async #flow(): Promise<void> {
    const { promises } = this.#world.ledger;
    const pushed = await this.#push();
    promises.push.acknowledged += 1;
    await pause();

    const code = await this.#authorize(pushed);
    if (!code) return;
    promises.code.acknowledged += 1;
    await pause();

    const token = await this.#redeem(code);
    if (!token) return;
    promises.token.acknowledged += 1;
    await pause();

    if (await this.#accepted(token)) promises.token.kept += 1;
    else promises.token.lost += 1;

    await this.#spendAgain('assertion', pushed.sent, 201);
    await this.#authorizeAgain(pushed);
    await this.#spendAgain('code', () => this.#sender.tokenRequest(code), 200);
  }

  async #push(): Promise<Pushed> {
    const { value } = await this.#patient.insist(async () => {
      const sent = this.#sender.pushRequest();
      return { sent, requestUri: await this.#sender.pushed(sent) };
    });
    return value;
  }

  async #authorize({ requestUri }: Pushed): Promise<string | undefined> {
    const { push } = this.#world.ledger.promises;
    const { value, doubtful } = await this.#patient.insist(() =>
      this.#sender.browser.authorize(this.#sender.authorization(requestUri)).catch((error: unknown) => {
        if (error instanceof UnexpectedReply) return error;
        throw error;
      }),
    );
    const code = value instanceof URL ? value.searchParams.get('code') : undefined;
    if (code) push.kept += 1;
    else if (doubtful) push.unknown += 1;
    else {
      push.lost += 1;
      this.#world.ledger.loss(`acknowledged request_uri: ${value instanceof URL ? value.search : said(value.reply)}`);
    }
    return code ?? undefined;
  }

  async #redeem(code: string): Promise<string | undefined> {
    const promised = this.#world.ledger.promises.code;
    const { value, doubtful } = await this.#patient.insist(() =>
      this.#patient.exchange(this.#sender.tokenRequest(code)),
    );
    if (value.status === 200) {
      promised.kept += 1;
      return JSON.parse(value.body).access_token;
    }
    if (doubtful) promised.unknown += 1;
    else {
      promised.lost += 1;
      this.#world.ledger.loss(`acknowledged code: ${said(value)}`);
    }
    return undefined;
  }

  async #accepted(token: string): Promise<boolean> {
    const { value } = await this.#patient.insist(() => this.#patient.exchange(this.#sender.userinfoRequest(token)));
    return value.status === 200;
  }

  async #spendAgain(what: string, sent: string | (() => string), success: number): Promise<void> {
    const { ledger } = this.#world;
    ledger.replays.tried += 1;
    const { value } = await this.#patient.insist(() =>
      this.#patient.exchange(typeof sent === 'string' ? sent : sent()),
    );
    if (value.status !== success) return;
    ledger.replays.accepted += 1;
    ledger.loss(`${what} was spent twice`);
  }

  async #authorizeAgain({ requestUri }: Pushed): Promise<void> {
    const { ledger } = this.#world;
    ledger.replays.tried += 1;
    const path = this.#sender.authorization(requestUri);
    const { value } = await this.#patient.insist(() => this.#sender.browser.get(path));
    if (!/\r\nlocation:[^\r]*[?&]code=/i.test(value.head)) return;
    ledger.replays.accepted += 1;
    ledger.loss('request_uri was spent twice');
  }
}
