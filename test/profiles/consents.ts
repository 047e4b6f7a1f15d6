import { expect } from 'chai';

import type { Config } from '../../lib/config/load.ts';
import { Browser } from '../../lib/demo/browser.ts';
import * as expectations from '../conformance/rows/expectations.ts';
import { type Otherwise, SuiteClient } from '../conformance/rows/suite_client.ts';
import { trustingFetch } from '../flows/server.ts';
import { type Answer, person } from '../support/wire_client.ts';
import { call, type Ecosystem, type EcosystemOptions, ecosystem, ownToken } from './ecosystem.ts';

/** Values of a consent request that a test changes; `undefined` leaves one out, `null` is written. */
interface Wanted {
  readonly permissions?: readonly unknown[] | undefined;
  readonly until?: unknown;
  /** The person's own number, or another one's. */
  readonly person?: string;
}

/** An ecosystem's consents, as its clients meet them. */
export interface ConsentCase {
  readonly profile: Config['profile'];
  readonly options: EcosystemOptions;
  readonly path: string;
  /** Scope of the client's own token. */
  readonly scope: string;
  readonly type: string;
  readonly clauses: Readonly<Record<'api' | 'named' | 'given' | 'lasting', string>>;
  readonly states: Readonly<Record<'awaiting' | 'authorised' | 'rejected' | 'revoked', string>>;
  /** The permissions of a request, and how the page says the first. */
  readonly permissions: readonly string[];
  readonly said: string;
  /** Another person's number, where consents name a person. */
  readonly another?: string;
  body(client: SuiteClient, wanted: Wanted): string | Promise<string>;
  read(answer: Answer): { id: string; state: string; permissions: unknown };
  /** Parameters of an authorization request for a consent, and what its request object says besides. */
  asking(client: SuiteClient, id: string): { params: Record<string, string>; otherwise?: Otherwise };
  /** The error of a refusal at the API. */
  error(answer: Answer): string;
}

const inFuture = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z/, 'Z');

/** What a client does with an ecosystem's consents. */
export class ConsentClient {
  readonly kase: ConsentCase;
  readonly client: SuiteClient;

  constructor(kase: ConsentCase, client: SuiteClient) {
    this.kase = kase;
    this.client = client;
  }

  async post(body: string, type = this.kase.type): Promise<Answer> {
    const token = await ownToken(this.client, this.kase.scope);
    return call(this.client, token, this.kase.path, { method: 'POST', type, body });
  }

  async register(wanted: Wanted = {}): Promise<Answer> {
    const { permissions } = this.kase;
    return this.post(await this.kase.body(this.client, { permissions, until: inFuture(86_400), ...wanted }));
  }

  async consent(wanted?: Wanted): Promise<string> {
    const answer = await this.register(wanted);
    expect(answer.status, JSON.stringify(answer.body)).to.equal(201);
    return this.kase.read(answer).id;
  }

  async at(id: string, method = 'GET'): Promise<Answer> {
    return call(this.client, await ownToken(this.client, this.kase.scope), `${this.kase.path}/${id}`, { method });
  }

  async state(id: string): Promise<string> {
    return this.kase.read(await this.at(id)).state;
  }

  push(id: string, state?: string): Promise<Answer> {
    const { params, otherwise } = this.kase.asking(this.client, id);
    return this.client.push({ ...params, ...(state && { state }) }, otherwise);
  }

  flow(id: string) {
    const { params, otherwise } = this.kase.asking(this.client, id);
    return expectations.flow(this.client, params, otherwise);
  }

  async refused(id: string): Promise<string> {
    const answer = await this.push(id);
    expectations.par(answer, 'invalid_request');
    return answer.body.error_description as string;
  }

  async url(id: string, state?: string): Promise<URL> {
    return this.client.authorizationUrl(expectations.pushed(await this.push(id, state)));
  }
}

/** Tests of all that every ecosystem's consents have in common; `more` adds its own. */
export function describeConsents(kase: ConsentCase, more: (both: () => [ConsentClient, ConsentClient]) => void): void {
  const { clauses, states, path, scope, type } = kase;

  describe(`profile: ${kase.profile}`, () => {
    let eco: Ecosystem;
    let first: ConsentClient;
    let second: ConsentClient;

    before(async () => {
      eco = await ecosystem(kase.profile, kase.options);
      first = new ConsentClient(kase, eco.first);
      second = new ConsentClient(kase, eco.second);
    });
    after(() => eco.server.close());

    it(`${clauses.api} registers a consent, and answers where it stands`, async () => {
      const answer = await first.register();
      expect(answer.status, JSON.stringify(answer.body)).to.equal(201);
      expect(answer.headers.get('content-type')).to.include(type);
      expect(answer.headers.get('x-fapi-interaction-id')).to.match(/^[0-9a-f-]{36}$/);
      const { id, state, permissions } = kase.read(answer);
      expect({ state, permissions }).to.deep.equal({ state: states.awaiting, permissions: kase.permissions });
      expect(kase.read(await first.at(id)).id).to.equal(id);
    });

    it(`${clauses.lasting} gives tokens for the consent, and a refresh that is not rotated`, async () => {
      const id = await first.consent();
      const { refresh_token } = await first.flow(id);
      expect(await first.state(id)).to.equal(states.authorised);
      const again = await first.client.refresh(refresh_token);
      expect(again.status, JSON.stringify(again.body)).to.equal(200);
      expect(again.body.refresh_token).to.equal(refresh_token);
      expect(again.body.expires_in).to.be.within(300, 900);
    });

    it(`${clauses.named} takes a consent once`, async () => {
      const id = await first.consent();
      const [one, other] = [await first.url(id, 'one'), await first.url(id, 'other')];
      await expectations.code(first.client, await first.client.visit(one), 'one');
      const landing = await first.client.visit(other);
      await expectations.az(first.client, landing, ['invalid_request'], { state: 'other' });
      expect(await first.refused(id)).to.include(`used before (${clauses.named})`);
    });

    it(`${clauses.named} of two who give one consent at once, one gets a code`, async () => {
      const id = await first.consent();
      const { variant, party } = first.client;
      const clients = await Promise.all([0, 1].map(() => SuiteClient.create(eco.server, variant, party)));
      const landings = await Promise.all(
        clients.map(async (client) => client.visit(await new ConsentClient(kase, client).url(id))),
      );
      const codes = landings.map((landing) => ('url' in landing ? landing.url.searchParams.has('code') : false));
      expect(codes.filter(Boolean)).to.have.length(1);
    });

    it(`${clauses.lasting} ends grant and tokens with the consent, and no other consent's`, async () => {
      const [id, other] = [await first.consent(), await first.consent()];
      const kept = await first.flow(other);
      const { access_token, refresh_token } = await first.flow(id);
      expect((await first.at(id, 'DELETE')).status).to.equal(204);
      expect(await first.state(id)).to.equal(states.revoked);
      expect((await first.client.resource(access_token)).status).to.equal(401);
      expectations.tk(await first.client.refresh(refresh_token), 'invalid_grant');
      expect(await first.refused(id)).to.include(`is revoked (${clauses.named})`);
      expectations.given(await first.client.resource(kept.access_token));
      expect((await first.client.refresh(kept.refresh_token)).status).to.equal(200);
    });

    it(`${clauses.named} is rejected by a person who says no`, async () => {
      const id = await first.consent();
      const browser = new Browser(trustingFetch());
      await browser.submit(await browser.open(await first.url(id)), { action: 'abort' });
      expect(await first.state(id)).to.equal(states.rejected);
      expect(await first.refused(id)).to.include(`is rejected (${clauses.named})`);
    });

    it(`${clauses.named} is not another client's, nor nobody's, and a request names one`, async () => {
      const id = await second.consent();
      expect(await first.refused(id)).to.include('is unknown');
      expect(await first.refused(`${id}x`)).to.include('is unknown');
      for (const method of ['GET', 'DELETE']) expect((await first.at(id, method)).status).to.equal(404);
      expect(await second.state(id)).to.equal(states.awaiting);
      const bare = await first.client.push();
      expectations.par(bare, 'invalid_request');
      expect(bare.body.error_description).to.include(`names no consent (${clauses.named})`);
    });

    it(`${clauses.lasting} ends at its time: no token outlives it`, async () => {
      const id = await first.consent({ until: inFuture(60) });
      const { params, otherwise } = kase.asking(first.client, id);
      const { body } = await first.client.exchange(await expectations.fresh(first.client, params, otherwise));
      expect(body.expires_in).to.be.within(1, 60);
    });

    it(`${clauses.given} shows the person what for and until when`, async () => {
      const until = inFuture(30 * 86_400);
      const id = await first.consent({ until });
      const browser = new Browser(trustingFetch());
      const login = await browser.open(await first.url(id));
      const { html } = await browser.submit(login, { ...person, action: 'continue' });
      const day = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(until));
      expect(html).to.include(kase.said).and.include(`Until ${day}`);
    });

    if (kase.another) {
      it(`${clauses.given} is not another person's to give`, async () => {
        const id = await first.consent({ person: `${kase.another}` });
        const landing = await first.client.visit(await first.url(id, 'mine'));
        await expectations.az(first.client, landing, ['access_denied'], { state: 'mine' });
        expect(await first.state(id)).to.equal(states.rejected);
      });
    }

    const bad: Readonly<Record<string, Wanted>> = {
      'no permissions': { permissions: undefined },
      'an empty list of permissions': { permissions: [] },
      'permissions that are no words': { permissions: ['read "all"'] },
      'permissions that are numbers': { permissions: [1] },
      'an end that has passed': { until: '2020-01-01T00:00:00Z' },
      'an end in ten years': { until: '2036-01-01T00:00:00Z' },
      'an end that is text': { until: 'tomorrow' },
      'an end that is a number': { until: 1_900_000_000 },
    };
    for (const [title, wanted] of Object.entries(bad)) {
      it(`${clauses.api} refuses ${title}`, async () => {
        const answer = await first.register(wanted);
        expect(answer.status, JSON.stringify(answer.body)).to.equal(400);
        expect(kase.error(answer)).to.match(/^invalid_request$/i);
        expect(JSON.stringify(answer.body)).to.include(`(${clauses.api})`);
      });
    }

    it(`${clauses.api} refuses a body that is none, of another type, or too large`, async () => {
      for (const body of ['no.jwt.at all', '{}', '', 'null', '[]', '"text"', '{"Data":null,"data":7}']) {
        const answer = await first.post(body);
        expect(answer.status, body).to.equal(400);
        expect(kase.error(answer), body).to.match(/^invalid_request$/i);
      }
      expect((await first.post('a=b', 'application/x-www-form-urlencoded')).status).to.equal(415);
      expect((await first.post('x'.repeat(70_000))).status).to.equal(413);
    });

    it(`${clauses.api} asks for a token of the client's own, of the scope, bound to its certificate`, async () => {
      const { client } = first;
      const body = await kase.body(client, { permissions: kase.permissions, until: inFuture(86_400) });
      const post = { method: 'POST', type, body };
      expect(
        (await client.request(client.server.mtls + path, { ...post, headers: { 'content-type': type } })).status,
      ).to.equal(401);
      expect((await call(client, 'none', path, post)).status).to.equal(401);
      expect((await call(client, await ownToken(client, 'openid'), path, post)).status).to.equal(403);
      const { access_token } = await first.flow(await first.consent());
      expect((await call(client, access_token, path, post)).status).to.equal(403);
      expect((await call(second.client, await ownToken(client, scope), path, post)).status).to.equal(401);
      const get = await call(client, await ownToken(client, scope), path);
      expect(get.status).to.equal(405);
      expect(get.headers.get('allow')).to.equal('POST');
    });

    more(() => [first, second]);
  });
}
