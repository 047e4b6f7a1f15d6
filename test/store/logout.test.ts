import { expect } from 'chai';
import type { Provider } from 'oidc-provider';

import { type Database, openDatabase } from '../../lib/database/database.ts';
import { migrate } from '../../lib/database/schema.ts';
import { knexAdapter } from '../../lib/store/adapter.ts';
import { unitOfWork } from '../../lib/store/unit_of_work.ts';
import { Browser } from '../bench/browser.ts';
import { issuer } from '../bench/client.ts';
import { Connection, type Reply } from '../bench/connection.ts';
import { authorizationRequest } from '../bench/endpoints.ts';
import { testDatabase } from '../support/postgres.ts';
import { type Agent, header, loginAndConsent, startCore } from './core.ts';
import { encryption_keys } from './stores.ts';

/** Of sixty with three requests beside them, fifty were undone before rows remembered that they were destroyed. */
const LOGOUTS = 20;

const pathOf = (reply: Reply) => new URL(header(reply, 'location') ?? '', issuer).pathname;

describe('a logout beside requests under way, on two processes', () => {
  let test: Awaited<ReturnType<typeof testDatabase>>;
  const nodes: { provider: Provider; agent: Agent; connections: Connection[]; close(): Promise<void> }[] = [];

  before(async () => {
    test = await testDatabase();
    for (const _ of [1, 2]) {
      const database: Database = await openDatabase({ url: test.url });
      await migrate(database.knex);
      const core = await startCore(knexAdapter(database.knex, { encryption_keys }), unitOfWork, loginAndConsent);
      const connections = await Promise.all([1, 2, 3].map(() => Connection.open({ port: core.port })));
      const close = async () => {
        for (const connection of connections) connection.close();
        await core.close();
        await database.close();
      };
      nodes.push({ provider: core.provider, agent: await core.agent(), connections, close });
    }
  });
  after(async () => {
    for (const { close } of nodes) await close();
    await test.drop();
  });

  const [first, second] = [() => nodes[0] as (typeof nodes)[0], () => nodes[1] as (typeof nodes)[0]];

  async function requested(more = ''): Promise<string> {
    const { agent } = first();
    const { status, body } = await agent.push(agent.client.pushBody('openid') + more);
    if (status !== 201) throw new Error(body);
    return authorizationRequest(agent.endpoints, JSON.parse(body).request_uri);
  }

  /** A person's browser that has logged in, on the first process. */
  async function loggedIn(): Promise<Browser> {
    const connection = first().connections[0] as Connection;
    const browser = new Browser((sent) => connection.send(sent));
    await browser.authorize(await requested());
    return browser;
  }

  /** The person's last click of a logout. */
  async function logout(browser: Browser): Promise<string> {
    const { body } = await browser.get('/session/end');
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(body)?.[1];
    return browser.written('POST', '/session/end/confirm', `xsrf=${xsrf}&logout=yes`);
  }

  /**
   * Sends all of it at the same moment, the logout first, the others to both processes in turn.
   *
   * @returns the answers to the others; `undefined` where the session was renewed before the logout was read, which is then
   *   told so, and ends nothing
   */
  async function together(confirmed: string, others: readonly string[]): Promise<Reply[] | undefined> {
    const [left, ...replies] = await Promise.all([
      (first().connections[0] as Connection).send(confirmed),
      ...others.map((sent, index) => {
        const { connections } = index % 2 ? first() : second();
        return (connections[1 + (index >> 1)] as Connection).send(sent);
      }),
    ]);
    if (left.status === 400 && left.body.includes('could not find logout details')) return undefined;
    expect([left.status, header(left, 'location')]).to.deep.equal([303, 'https://as.bench.test/session/end/success']);
    return replies;
  }

  /** Logins left by any cookie this browser or one of the replies has, or by the uid the session had. */
  async function loginsOf(uid: string, replies: readonly Reply[]): Promise<(string | undefined)[]> {
    const { provider } = first();
    const ids = replies.flatMap(({ head }) => [...head.matchAll(/\r\nset-cookie: *_session=([^;]+)/gi)]);
    const found = await Promise.all([
      provider.Session.findByUid(uid),
      ...ids.map(([, id]) => provider.Session.find(`${id}`)),
    ]);
    return found.map((session) => session?.accountId).filter(Boolean);
  }

  /** The session of a browser: its cookie, and the uid it keeps under whichever id. */
  async function uidOf(browser: Browser): Promise<string> {
    const [, id] = /_session=([^;\r]+)/.exec(browser.written('GET', '/')) ?? [];
    return (await first().provider.Session.find(`${id}`))?.uid as string;
  }

  it('stays, whatever three of them have read before: no cookie and no uid leads to a login', async () => {
    for (let left = LOGOUTS; left > 0; left -= 1) {
      const browser = await loggedIn();
      const uid = await uidOf(browser);
      const paths = [await requested(), await requested(), await requested()];
      const confirmed = await logout(browser);
      const replies = await together(
        confirmed,
        paths.map((path) => browser.written('GET', path)),
      );
      expect(await loginsOf(uid, replies ?? [])).to.deep.equal([]);
      expect(header(await browser.get(await requested('&prompt=none')), 'location')).to.match(/error=login_required/);
    }
  });

  it('stays, where one of them renews the session: after a consent the person goes on under a new id', async () => {
    let ended = 0;
    for (let left = LOGOUTS; left > 0 && ended < LOGOUTS / 4; left -= 1) {
      const browser = await loggedIn();
      const uid = await uidOf(browser);
      const page = await browser.get(await requested('&prompt=consent'));

      const path = pathOf(await browser.post(pathOf(page)));
      const confirmed = await logout(browser);
      const resumed = browser.written('GET', path);
      const replies = await together(confirmed, [resumed, resumed, browser.written('GET', await requested())]);
      if (!replies) continue;
      ended += 1;
      expect(await loginsOf(uid, replies)).to.deep.equal([]);
    }
    expect(ended).to.equal(LOGOUTS / 4);
  });

  it('two clicks on a consent leave one session, and neither logs the person out', async () => {
    for (let left = LOGOUTS / 4; left > 0; left -= 1)
      await twoClicks(async (one, other) => Promise.all([one(), other()]));
  });

  it('a second click that comes in between leaves the browser the cookie of the first', async () => {
    const { Interaction } = second().provider;
    const { find } = Interaction;
    const ended = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    // By now it has read the session, and finds no interaction any more.
    Interaction.find = async function held(this: typeof Interaction, ...args: Parameters<typeof find>) {
      begun.resolve();
      await ended.promise;
      return find.apply(this, args);
    } as typeof find;
    try {
      const [, late] = await twoClicks(async (one, other) => {
        const late = other();
        await begun.promise;
        const early = await one();
        ended.resolve();
        return [early, await late];
      });
      expect(late?.status).to.equal(400);
      expect(late?.head).to.not.match(/set-cookie: *_session/i);
    } finally {
      Interaction.find = find;
    }
  });

  it('a second click that comes after it gives the browser no empty session in the place of its own', async () => {
    const [, late] = await twoClicks(async (one, other) => [await one(), await other()]);
    expect(late?.status).to.equal(400);
    expect(late?.head).to.not.match(/set-cookie: *_session/i);
  });

  type Click = () => Promise<Reply>;

  async function twoClicks(order: (one: Click, other: Click) => Promise<Reply[]>): Promise<readonly Reply[]> {
    const browser = await loggedIn();
    const page = await browser.get(await requested('&prompt=consent'));
    const path = pathOf(await browser.post(pathOf(page)));
    const resumed = browser.written('GET', path);
    const click = (node: typeof first) => () => (node().connections[1] as Connection).send(resumed);
    const replies = await order(click(first), click(second));
    const cookies = replies.map(({ head }) => /\r\nset-cookie: *(_session=[^;]+)/i.exec(head)?.[1]);
    expect(cookies.some(Boolean)).to.equal(true);
    for (const [index, cookie] of cookies.entries()) {
      // The later one may have come too late, and leaves the browser the cookie it has.
      if (!cookie) continue;
      const [, signature] = /\r\nset-cookie: *(_session.sig=[^;]+)/i.exec(`${replies[index]?.head}`) ?? [];
      const kept = await first().agent.send('GET', await requested('&prompt=none'), {
        cookie: `${cookie}; ${signature}`,
      });
      expect(header(kept, 'location')).to.match(/code=/);
    }
    await together(await logout(browser), []);
    return replies;
  }
});
