import type { TLSSocket } from 'node:tls';

import type { Middleware } from 'koa';

import { AccountDesk } from '../administration/account_desk.ts';
import { Acts } from '../administration/acts.ts';
import { admin } from '../administration/admin.ts';
import type { Administration, TrailFilter } from '../administration/administration.ts';
import { ADMIN, admission } from '../administration/admission.ts';
import { ClientDesk } from '../administration/client_desk.ts';
import { GrantDesk } from '../administration/grant_desk.ts';
import { ActRefused } from '../administration/refused.ts';
import type { Audit } from '../audit/audit.ts';
import { byTime, judgeEvent, type Told, told } from '../audit/read.ts';
import { differences, listNodes } from '../management/nodes.ts';
import { tokensOf } from '../resource/access_tokens.ts';
import type { OidcStore } from '../store/open_store.ts';
import type { Assembled } from './assembled.ts';
import { clientJudge } from './client_judge.ts';
import { KeyDesk } from './key_desk.ts';
import { openAccounts } from './open_accounts.ts';

/** Parts of a running server that are administered. */
export interface Administered {
  readonly store: OidcStore;
  readonly audit: Audit | undefined;
  /** The provider that takes requests now. */
  readonly now: () => Assembled;
  /** Origin of the listener, as administrators reach it. */
  readonly url: string;
}

/**
 * Makes the function that finds the `sub` of a name: a login or sub of the file or the database. Where accounts are a
 * module's, every name may be a sub.
 */
const subjectsOf = (accounts: AccountDesk | undefined) => async (name: string) =>
  accounts ? (await accounts.find(name))?.account.sub : name;

async function trailOf(
  { store, audit }: Administered,
  subjectOf: (name: string) => Promise<string | undefined>,
  { account, ...filter }: TrailFilter,
  limit: number,
): Promise<Told[]> {
  if (!audit) throw new ActRefused(404, 'there is no trail in the database: audit.database is false');
  judgeEvent(filter.event);
  const sub = account === undefined ? undefined : ((await subjectOf(account)) ?? account);
  const person = sub === undefined ? undefined : await audit.pseudonyms.find(sub);
  if (account !== undefined && !person) throw new ActRefused(404, `the trail tells of no account ${account}`);
  const keys = await audit.pseudonyms.all();
  const records: Told[] = [];
  for await (const row of byTime(store.knex, audit.table, { ...filter, account: person?.name })) {
    records.push(told(row, keys));
    if (records.length === limit) break;
  }
  return records;
}

async function desksOf(administered: Administered, by: string): Promise<Administration> {
  const { store, audit, now } = administered;
  const { config, provider, parts, listed } = now();
  const acts = new Acts(store.adapter, audit, by);
  const accounts =
    listed &&
    new AccountDesk({
      store,
      acts,
      audit,
      listed,
      accounts: await openAccounts(store.adapter),
      open: openAccounts,
    });
  const { clients: named, development } = config;
  const judge = async () => clientJudge(config, parts, provider);
  const clients = new ClientDesk({ store, acts, listed: named, development, judge });
  const subjectOf = subjectsOf(accounts);
  return {
    clients,
    accounts,
    grants: new GrantDesk({ store, acts, subjectOf, knownClient: (client_id) => clients.known(client_id) }),
    keys: new KeyDesk(config, acts, store.adapter),
    trail: (filter, limit) => trailOf(administered, subjectOf, filter, limit),
    async nodes() {
      const nodes = await listNodes(store.knex, config.database.schema);
      return { nodes, differences: differences(nodes) };
    },
  };
}

/** Administration of a running server over HTTP. */
export function administration(administered: Administered): Middleware {
  const { store, audit, now, url } = administered;
  const replay = store.adapter('ReplayDetection');
  const admit = admission({
    certificates: now().config.management?.ca !== undefined,
    tokens: {
      async verify(token) {
        const found = await tokensOf(now().provider)(token);
        // One that is for a resource is for that resource alone.
        return found?.aud === undefined ? found : undefined;
      },
      unique: (id, expiresAt) => replay.unique(id, expiresAt),
      clientCertificate: ({ socket }) => (socket as TLSSocket).getPeerX509Certificate?.(),
      origins: [url],
    },
    async mayAdminister(client_id) {
      const client = await now().provider.Client.find(client_id);
      return client?.scope?.split(' ').includes(ADMIN) === true;
    },
  });
  return admin({ admit, audit, desks: (by) => desksOf(administered, by) });
}
