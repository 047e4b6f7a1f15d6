import { hash, randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { Browser, UnexpectedReply } from '../bench/browser.ts';
import { Client, issuer, request } from '../bench/client.ts';
import { authorizationRequest, type Endpoints } from '../bench/endpoints.ts';
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
  readonly #endpoints: Endpoints;
  readonly #client: Client;
  readonly #patient: Patient;
  #browser: Browser;

  constructor(world: Reachable, endpoints: Endpoints) {
    this.#world = world;
    this.#endpoints = endpoints;
    this.#client = new Client(world.key);
    this.#patient = new Patient(world);
    this.#browser = new Browser(this.#patient.exchange);
  }

  async shop(open: () => boolean): Promise<void> {
    while (open()) {
      this.#browser = new Browser(this.#patient.exchange);
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
    await this.#spendAgain('code', () => this.#tokenRequest(code), 200);
  }

  async #push(): Promise<Pushed> {
    const { value } = await this.#patient.insist(async () => {
      const sent = request('POST', this.#endpoints.push, {}, this.#client.pushBody());
      const { status, body } = await this.#patient.exchange(sent);
      if (status !== 201) throw new Error(`push: status ${status}: ${body}`);
      return { sent, requestUri: JSON.parse(body).request_uri as string };
    });
    return value;
  }

  async #authorize({ requestUri }: Pushed): Promise<string | undefined> {
    const { push } = this.#world.ledger.promises;
    const path = authorizationRequest(this.#endpoints, requestUri);
    const { value, doubtful } = await this.#patient.insist(() =>
      this.#browser.authorize(path).catch((error: unknown) => {
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
    const { value, doubtful } = await this.#patient.insist(() => this.#patient.exchange(this.#tokenRequest(code)));
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
    const ath = hash('sha256', token, 'base64url');
    const { value } = await this.#patient.insist(() => {
      const dpop = this.#client.proof(issuer + this.#endpoints.userinfo, { htm: 'GET', ath });
      return this.#patient.exchange(request('GET', this.#endpoints.userinfo, { authorization: `DPoP ${token}`, dpop }));
    });
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
    const path = authorizationRequest(this.#endpoints, requestUri);
    const { value } = await this.#patient.insist(() => this.#browser.get(path));
    if (!/\r\nlocation:[^\r]*[?&]code=/i.test(value.head)) return;
    ledger.replays.accepted += 1;
    ledger.loss('request_uri was spent twice');
  }

  #tokenRequest(code: string): string {
    const dpop = this.#client.proof(issuer + this.#endpoints.token);
    return request('POST', this.#endpoints.token, { dpop }, `${this.#client.tokenBody()}&code=${code}`);
  }
}
