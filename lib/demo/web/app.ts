import Koa, { type Context } from 'koa';
import * as openid from 'openid-client';

import { OperationalError } from '../../errors.ts';
import { log } from '../../log.ts';
import { attempt, attemptsAfter } from './attempts.ts';
import { accounts, type Receipt } from './bank_api.ts';
import { headers, jsonBody, ownHost, ownPage } from './guard.ts';
import { Kept } from './kept.ts';
import { page, script, style } from './page.ts';
import { paymentDetails } from './payment.ts';
import { type Flow, type Planner, type Purpose, purposes } from './planner.ts';
import { type Session, Sessions } from './sessions.ts';
import { storyOf } from './story.ts';

/** The accounts the app asks to see. */
const accountDetails = [
  {
    type: 'account_information',
    actions: ['list_accounts', 'read_balances'],
    accounts: accounts.map(({ iban, name }) => ({ iban, name })),
  },
];

/** A person at the bank: the flow, and the session it belongs to, which sign-in has not. */
interface Away {
  readonly flow: Flow;
  readonly session: Session | undefined;
}

/** The app's server: it serves the page, and is the client on the page's behalf. */
class App {
  readonly #planner: Planner;
  readonly #sessions = new Sessions();
  readonly #away = new Kept<Away>({ most: 1000, idle: 600, longest: 600 });

  constructor(planner: Planner) {
    this.#planner = planner;
  }

  /** Sends the page to the bank. */
  async #begin(ctx: Context, purpose: Purpose, session?: Session, details?: Parameters<Planner['begin']>[3]) {
    const visitor = this.#sessions.visitor(ctx);
    const flow = await this.#planner.begin(purpose, visitor, session?.keyPair, details);
    this.#away.put(flow.checks.expectedState, { flow, session });
    ctx.body = { go: flow.address.href };
  }

  signIn = (ctx: Context) => this.#begin(ctx, 'sign_in');

  askAccounts = (ctx: Context) => this.#begin(ctx, 'accounts', ctx.state.session, accountDetails);

  async pay(ctx: Context) {
    const given = paymentDetails(await jsonBody(ctx));
    if ('details' in given) return this.#begin(ctx, 'payment', ctx.state.session, given.details);
    ctx.status = 422;
    ctx.body = given;
    return undefined;
  }

  /** Takes the browser back from the bank; the session cookie is not there, because another site began this navigation. */
  async comeBack(ctx: Context): Promise<void> {
    const away = this.#away.take(typeof ctx.query.state === 'string' ? ctx.query.state : undefined);
    let outcome: string = 'unknown';
    if (away && away.flow.visitor === this.#sessions.visitor(ctx)) {
      outcome = await this.#arrive(ctx, away).catch((error: unknown) => {
        const denied = error instanceof openid.AuthorizationResponseError && error.error === 'access_denied';
        if (!denied) log.error({ error }, 'a flow of the app failed');
        return denied ? 'denied' : 'failed';
      });
    }
    ctx.redirect(`/?outcome=${outcome}`);
    ctx.status = 303;
  }

  async #arrive(ctx: Context, { flow, session }: Away): Promise<string> {
    const person = await this.#planner.finish(flow, new URL(ctx.originalUrl, this.#planner.options.origin));
    if (!session) {
      const { keyPair } = flow;
      this.#sessions.start(ctx, { ...person, keyPair, flows: new Map([[flow.purpose, flow]]), receipts: [] });
      return flow.purpose;
    }
    if (person.sub !== session.sub) return 'other_person';
    if (flow.purpose === 'payment') {
      const response = await this.#planner.call(flow, 'POST', '/payments');
      if (!response.ok) throw new OperationalError(`the bank answered ${response.status} to a payment`);
      session.receipts.unshift((await response.json()) as Receipt);
      session.receipts.splice(10);
    }
    const before = session.flows.get(flow.purpose);
    session.flows.set(flow.purpose, flow);
    await this.#revoke(before ? [before] : []);
    return flow.purpose;
  }

  /** Ends what is no longer used. The app goes on where the bank does not answer: the tokens end by themselves. */
  async #revoke(flows: readonly Flow[]): Promise<void> {
    const ended = await Promise.allSettled(flows.map((flow) => this.#planner.revoke(flow)));
    for (const one of ended) if (one.status === 'rejected') log.warn({ error: one.reason }, 'not revoked');
  }

  state = (ctx: Context): void => {
    const session = this.#sessions.of(ctx);
    const flows = [...(session?.flows.values() ?? [])];
    ctx.body = {
      name: session?.name,
      accounts: session?.flows.has('accounts') ?? false,
      receipts: session?.receipts ?? [],
      stories: flows.map((flow) => ({ ...storyOf(flow), attempts: attemptsAfter(flow.purpose) })),
    };
  };

  async listAccounts(ctx: Context): Promise<void> {
    const flow = (ctx.state.session as Session).flows.get('accounts');
    if (flow) ctx.body = await (await this.#planner.call(flow, 'GET', '/accounts')).json();
  }

  async tryIt(ctx: Context, asked: string, name: string): Promise<void> {
    const purpose = purposes.find((one) => one === asked);
    const flow = purpose && (ctx.state.session as Session).flows.get(purpose);
    const outcome = flow && (await attempt(name, flow, this.#planner));
    if (outcome) ctx.body = outcome;
  }

  async signOut(ctx: Context): Promise<void> {
    await this.#revoke([...(this.#sessions.end(ctx)?.flows.values() ?? [])]);
    ctx.body = {};
  }

  /** Answers a request only for somebody who is signed in. */
  known(run: Run): Run {
    return (ctx, ...parts) => {
      ctx.state.session = this.#sessions.of(ctx);
      if (ctx.state.session) return run(ctx, ...parts);
      ctx.status = 401;
      ctx.body = { error: 'sign in first' };
      return undefined;
    };
  }
}

type Run = (ctx: Context, ...parts: string[]) => unknown;

/** Everything that is answered, by method and path. */
const routes = (app: App): readonly (readonly [method: string, path: RegExp, run: Run])[] => [
  ['GET', /^\/$/, page],
  ['GET', /^\/style\.css$/, style],
  ['GET', /^\/browser\/(\w+\.[jt]s)$/, script],
  ['GET', /^\/callback$/, (ctx) => app.comeBack(ctx)],
  ['GET', /^\/api\/state$/, app.state],
  ['POST', /^\/api\/sign-in$/, app.signIn],
  ['POST', /^\/api\/sign-out$/, (ctx) => app.signOut(ctx)],
  ['GET', /^\/api\/accounts$/, app.known((ctx) => app.listAccounts(ctx))],
  ['POST', /^\/api\/accounts$/, app.known(app.askAccounts)],
  ['POST', /^\/api\/payments$/, app.known((ctx) => app.pay(ctx))],
  [
    'POST',
    /^\/api\/attempts\/(\w+)\/(\w+)$/,
    app.known((ctx, ...parts) => app.tryIt(ctx, ...(parts as [string, string]))),
  ],
];

/** The app in the browser, and its server. */
export function webApp(planner: Planner): Koa {
  const { origin } = planner.options;
  const all = routes(new App(planner));
  const fromPage = ownPage(origin);
  const koa = new Koa();
  koa.on('error', (error) => log.error({ error }, 'the app failed'));
  koa.use(headers).use(ownHost(origin));
  koa.use((ctx, next) => (ctx.path.startsWith('/api/') ? fromPage(ctx, next) : next()));
  return koa.use(async (ctx) => {
    for (const [method, path, run] of all) {
      const match = path.exec(ctx.path);
      if (match && method === ctx.method) return void (await run(ctx, ...match.slice(1)));
    }
  });
}
