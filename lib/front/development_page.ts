import { join, relative } from 'node:path';

import type { Context } from 'koa';

import { type Metadata, stacks, usable } from '../clients/quickstart.ts';
import { type Config, fileOf } from '../config/load.ts';
import { filled } from '../interactions/language.ts';
import { render } from '../interactions/render.ts';
import { databaseName } from '../redact.ts';
import type { Front } from './front.ts';
import type { ShowFront } from './front_page.ts';
import type { RecentRefusals } from './recent_refusals.ts';
import { refusalsPath } from './refusals_page.ts';
import { type Tried, tryPath } from './try_flow.ts';
import { type FrontWords, words } from './words.ts';

/** Clients that are listed at most. */
const mostClients = 20;

/** Parts of the page that are not in the configuration. */
export interface DevelopmentPageOptions {
  readonly config: Config;
  readonly recent: RecentRefusals;
  /** A client in the server can try a flow. */
  readonly tries: boolean;
  /** The folder in which the development certificate is kept; absent for one that is kept nowhere. */
  readonly folder: string | undefined;
}

interface Row {
  readonly name: string;
  readonly text: string;
  readonly href?: string;
}

const linked = (name: string, href: string): Row => ({ name, text: href, href });

function logins({ accounts }: Config, say: FrontWords): string {
  if (!Array.isArray(accounts)) return say.no_login;
  const known = accounts.flatMap(({ login, password }) =>
    password === undefined ? [] : [filled(say.with_password, { login, password })],
  );
  return known.slice(0, 5).join('; ') || say.no_login;
}

function facts(config: Config, say: FrontWords): Row[] {
  const { issuer, profile, mtls, database, resource } = config;
  return [
    { name: say.profile, text: profile },
    { name: say.issuer, text: issuer },
    linked(say.discovery, `${issuer}/.well-known/openid-configuration`),
    linked(say.keys, `${issuer}/jwks`),
    { name: say.everyone, text: issuer },
    { name: say.certificates, text: mtls?.url ?? say.none },
    { name: say.database, text: databaseName(database.url) },
    { name: say.resource, text: resource ? issuer + resource.path : say.none },
    { name: say.log_in, text: logins(config, say) },
  ];
}

function trust({ listen, proxy, issuer }: Config, folder: string | undefined, say: FrontWords) {
  if (listen.tls || proxy) return { text: say.trust_own, facts: [] };
  if (!folder) return { text: say.trust_memory, facts: [] };
  const authority = join(folder, 'authority.crt');
  return {
    text: say.trust_text,
    facts: [
      { name: 'PEM', text: authority },
      { name: 'curl', text: `curl --cacert ${authority} ${issuer}/.well-known/openid-configuration` },
      { name: 'Node', text: `NODE_EXTRA_CA_CERTS=${authority}` },
      { name: 'Python, Go', text: `SSL_CERT_FILE=${authority}` },
      {
        name: 'Java',
        text: `-Djavax.net.ssl.trustStore=${join(folder, 'authority.p12')} -Djavax.net.ssl.trustStorePassword=development`,
      },
      { name: 'Browser', text: say.trust_browser },
    ],
  };
}

/** Lists, for each library, the command that prints a program with it, for the first client that can use it. */
function programs(config: Config): string[][] {
  const file = relative('.', fileOf(config) ?? 'FILE');
  const known = config.clients as readonly Metadata[];
  return Object.keys(stacks).flatMap((name) => {
    const client = known.find((one) => one.redirect_uris?.length && usable(one).includes(name));
    if (!client) return [];
    return [['npx', 'oidc-provider-fapi', 'clients', 'quickstart', client.client_id, '--for', name, '-c', file]];
  });
}

function clients(config: Config, say: FrontWords) {
  const { clients } = config;
  const rows = clients.map(({ client_id, token_endpoint_auth_method, dpop_bound_access_tokens }) => ({
    client_id,
    about: `${token_endpoint_auth_method}, ${dpop_bound_access_tokens ? 'DPoP' : 'mutual TLS'}`,
  }));
  const count = rows.length - mostClients;
  return {
    clients: rows.slice(0, mostClients),
    more: count > 0 ? filled(say.clients_more, { count: `${count}` }) : '',
    connect: [say.connect_audience, say.connect_algorithms, say.connect_aliases, say.connect_loopback],
    commands: programs(config),
  };
}

const refused = ({ list }: RecentRefusals, issuer: string) =>
  list.map(({ at, method, path, client_id, error, refusal, reason, times }) => ({
    at: at.toISOString(),
    request: `${method} ${path}${times > 1 ? ` × ${times}` : ''}`,
    client_id,
    error,
    reason,
    href: refusal && `${issuer}${refusalsPath}#${refusal}`,
  }));

/** The language a developer reads, and its texts. */
function chosen({ chooseShipped }: Front, ctx: Context) {
  const language = chooseShipped(ctx);
  return { language, say: words[language.tag.split('-')[0] ?? ''] ?? (words.en as FrontWords) };
}

/** Makes the front page of a development server: addresses, trust files, clients, and what to try first. */
export function developmentPage(front: Front, { config, recent, tries, folder }: DevelopmentPageOptions): ShowFront {
  const { issuer, name } = front;
  return (ctx) => {
    const { language, say } = chosen(front, ctx);
    render(ctx, 200, 'development', {
      name,
      language,
      wide: true,
      title: say.title,
      words: say,
      tryPath: tries ? `${issuer}${tryPath}` : undefined,
      facts: facts(config, say),
      ...clients(config, say),
      refused: refused(recent, issuer),
      refusalsHref: `${issuer}${refusalsPath}`,
      trust: trust(config, folder, say),
    });
  };
}

/** Makes the page at the end of a flow that the front page began. */
export function triedPage(front: Front): (ctx: Context, tried: Tried) => void {
  return (ctx, { outcome, person = '', token = '', resource = '', error, parameters }) => {
    const { language, say } = chosen(front, ctx);
    const back = filled(say.crossed_back, { parameters });
    const behind = [filled(say.behind_code, { token }), filled(say.behind_resource, { resource })];
    render(ctx, outcome === 'failed' || outcome === 'unknown' ? 400 : 200, 'tried', {
      name: front.name,
      language,
      words: say,
      title: say[`tried_${outcome}`],
      text: filled(say[`tried_${outcome}_text`], { person }),
      error,
      told:
        outcome === 'done'
          ? [
              { heading: say.crossed, items: [say.crossed_there, back] },
              { heading: say.behind, items: [say.behind_push, ...behind] },
            ]
          : [],
      tryPath: `${front.issuer}${tryPath}`,
      home: `${front.issuer}/`,
    });
  };
}
