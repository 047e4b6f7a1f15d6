import { setTimeout as delay } from 'node:timers/promises';

import { Browser } from '../bench/browser.ts';
import { Client } from '../bench/client.ts';
import type { Endpoints } from '../bench/endpoints.ts';
import { Sender } from '../bench/sender.ts';
import { said } from './ledger.ts';
import { Interrupted, Patient } from './patient.ts';
import { kills, type World } from './world.ts';

/** The last ones acknowledged before a kill are those a store would lose. */
const REMEMBERED = 20;

/** Pushes as fast as it is answered, and after each kill asks for the last it was promised. */
export class Pusher {
  readonly #world: World;
  readonly #patient: Patient;
  readonly #sender: Sender;
  #promised: string[] = [];
  #kills = 0;

  constructor(world: World, endpoints: Endpoints) {
    this.#world = world;
    this.#patient = new Patient(world);
    this.#sender = new Sender(new Client(world.key), endpoints, this.#patient.exchange);
  }

  async push(open: () => boolean): Promise<void> {
    while (open()) {
      try {
        this.#promised = [...this.#promised.slice(1 - REMEMBERED), await this.#sender.pushed()];
        if (this.#killed()) await this.#check();
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        await delay(20);
      }
    }
    this.#patient.close();
  }

  #killed(): boolean {
    const { [kills.server]: server = 0, [kills.postgres]: postgres = 0 } = this.#world.ledger.acts;
    const killed = server + postgres > this.#kills;
    this.#kills = server + postgres;
    return killed;
  }

  async #check(): Promise<void> {
    const { push } = this.#world.ledger.promises;
    const promised = this.#promised;
    this.#promised = [];
    for (const requestUri of promised) {
      push.acknowledged += 1;
      const path = this.#sender.authorization(requestUri);
      const { value } = await this.#patient.insist(() => new Browser(this.#patient.exchange).get(path));
      // On to the login page: it is there, and not used.
      if (value.status === 303 || value.status === 302) push.kept += 1;
      else {
        push.lost += 1;
        this.#world.ledger.loss(`acknowledged request_uri: ${said(value)}`);
      }
    }
  }
}
