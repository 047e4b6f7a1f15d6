import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';

import Provider, { type ClientMetadata, type Configuration } from 'oidc-provider';

import type { Accounts } from '../../lib/accounts/accounts.ts';
import { listedAccounts } from '../../lib/accounts/listed.ts';
import { fapiProvider } from '../../lib/fapi_provider.ts';
import { interactions, interactionUrl } from '../../lib/interactions/routes.ts';
import { merge } from '../../lib/merge.ts';
import type { Moving } from '../../lib/moving/clients.ts';
import type { Profile } from '../../lib/profile.ts';
import { fapi2MessageSigning } from '../../lib/profiles/fapi2_message_signing.ts';
import { fapi2SecurityProfile, type ProfileSettings } from '../../lib/profiles/fapi2_security_profile.ts';
import { selfSigned } from '../../lib/server/development_certificate.ts';
import { mutualTlsOptions } from '../../lib/server/tls.ts';
import { type KnexAdapterFactory, knexAdapter } from '../../lib/store/adapter.ts';
import { keys, without } from './configuration.ts';
import { listening } from './listening.ts';
import { openedDatabase } from './postgres.ts';
import { RawClient } from './raw_client.ts';

export interface Setting {
  /** The mechanism whose clause is tried. */
  readonly by: string;
  /** The case, where several tests try one clause. */
  readonly title?: string;
  readonly profile?: (settings: ProfileSettings) => Profile;
  /** What a careless deployment configures, hooks that say yes to everything among it. */
  readonly own?: Configuration;
  readonly client?: Partial<ClientMetadata>;
  /** The other clients, which say nothing of their own, are left out. */
  readonly alone?: true;
  readonly settings?: ProfileSettings;
  /** Clients that are not in the profile yet. */
  readonly moving?: Moving;
  /** Path of the issuer. */
  readonly path?: string;
  /** Who may log in, and how; one who logs in by password when absent. */
  readonly accounts?: Accounts;
  /** What the deployment does with the provider it was given. */
  readonly afterwards?: (provider: Provider) => void;
}

const common = { par: { request_uri_lifetime: 120 } };
const listed = listedAccounts([{ login: 'demo', password: 'demo', claims: { sub: 'demo' } }]);
const pair = await selfSigned(['localhost']);
const closing: (() => unknown)[] = [];
/** By the path of the issuer, since a database belongs to one issuer. */
const shared = new Map<string, Promise<Surroundings>>();

/** A database, and the one issuer it belongs to: whichever provider was started last answers there. */
interface Surroundings {
  readonly adapter: KnexAdapterFactory;
  readonly issuer: string;
  answer: RequestListener;
}

async function open(): Promise<Surroundings> {
  const database = await openedDatabase();
  closing.push(() => database.close());
  const adapter = knexAdapter(database.knex, { encryption_keys: [Buffer.alloc(32, 7).toString('base64url')] });
  const server = createServer(mutualTlsOptions(pair), (req, res) => opened.answer(req, res));
  const { port, close } = await listening(server, 0, 'localhost');
  closing.push(close);
  const issuer = `https://localhost:${port}`;
  const opened: Surroundings = { adapter, issuer, answer: (_req, res) => res.destroy() };
  return opened;
}

/** A provider of the profile, with or without one of its mechanisms, and a client that says what it is told to say. */
async function start(setting: Setting, bare: boolean) {
  const { by, profile: make = fapi2SecurityProfile, own = {}, client = {}, settings, path = '', ...more } = setting;
  const { accounts = listed } = more;
  const opened = shared.get(path) ?? open();
  shared.set(path, opened);
  const surroundings = await opened;
  const { adapter, issuer } = surroundings;
  const whole: Profile = make({ ...common, mtls: { url: issuer }, ...settings });
  const profile = bare ? without(whole, by) : whole;
  const raw = await RawClient.create(issuer, client);
  const configuration: Configuration = {
    adapter,
    jwks: keys.jwks as NonNullable<Configuration['jwks']>,
    cookies: { keys: keys.cookies },
    clients: [raw.metadata, ...(more.alone ? [] : raw.others)] as NonNullable<Configuration['clients']>,
    findAccount: accounts.findAccount,
    interactions: { url: interactionUrl },
    features: { devInteractions: { enabled: false }, clientCredentials: { enabled: true } },
  };
  const provider = await fapiProvider(Provider, issuer + path, merge(configuration, own), profile, {
    around: (made) => ({
      pages: [interactions(made, { accounts, acr: settings?.acr, parameters: settings?.extra_parameters })],
    }),
    moving: more.moving,
  });
  more.afterwards?.(provider);
  // As a deployment's own middleware would.
  provider.use(async function careless(ctx, next) {
    ctx.set('access-control-allow-origin', '*');
    if (ctx.path === '/short') ctx.path = '/request';
    await next();
  });
  surroundings.answer = provider.callback();
  raw.provider = provider;
  return raw;
}

/** A provider of the profile with all its mechanisms, around what a deployment configures. */
export const served = (setting: Omit<Setting, 'by'>): Promise<RawClient> => start({ by: 'none', ...setting }, false);

const caseOf = ({ title }: Setting) => (title ? `: ${title}` : '');

/**
 * Two tests of one clause: it holds, and it no longer does when its mechanism is taken out of the profile. A test that
 * stays green without the mechanism proves nothing of it.
 */
export function held(clause: string, setting: Setting, probe: (client: RawClient) => Promise<void>): void {
  holds(clause, setting, probe);
  it(`${clause} is no longer held without ${setting.by}${caseOf(setting)}`, async () => {
    const outcome = await start(setting, true)
      .then(probe)
      .then(
        () => 'held',
        () => 'fallen',
      );
    if (outcome === 'held') throw new Error(`${clause} holds without ${setting.by}: the test proves nothing of it`);
  });
}

/** One test of a clause that core, or the adapter, holds whatever the profile says. */
export function holds(clause: string, setting: Setting, probe: (client: RawClient) => Promise<void>): void {
  const { profile = fapi2MessageSigning } = setting;
  const { mechanisms } = (profile === fapi2SecurityProfile ? fapi2MessageSigning : profile)({
    mtls: { url: 'https://localhost' },
  });
  const holder = mechanisms.find(({ name }) => name === setting.by);
  const text = holder?.clauses.find(({ id }) => id === clause)?.text;
  if (!text) throw new TypeError(`${setting.by} does not hold ${clause}`);
  it(`${clause} ${text}${caseOf(setting)}`, async () => probe(await start(setting, false)));
}

/** Closes what the tests of a file have opened. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
  shared.clear();
}
