import { canonicalLogin, type ListedAccount } from '../accounts/accounts.ts';
import { subOf } from '../accounts/listed.ts';
import { parsePasswordHash } from '../accounts/password.ts';
import { isInTheClear } from '../database/url.ts';
import type { KeyFault } from './explain.ts';
import { exposure } from './exposure.ts';
import { list, type Rule, type Written } from './rule.ts';

/** Everything that is wrong with one key because of another. */
export function crossFindings(input: unknown): KeyFault[] {
  // Whatever was written is taken for what the schema asks for; the rules look before they use it.
  return [...rules, ...exposure].flatMap((rule) => rule(input as Written));
}

const makeHash = 'write the password_hash that `oidc-provider-fapi accounts hash` prints';
const twice = 'stands at {also} already, write another one';

function thrown(judge: () => unknown): string | undefined {
  try {
    judge();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const rules: readonly Rule[] = [
  function messageSigning({ profile, message_signing }) {
    if (message_signing === undefined) return [];
    const path = ['message_signing'];
    if (profile !== 'fapi2-message-signing') {
      return [{ path, text: 'belongs to profile: fapi2-message-signing, write that profile or leave this out' }];
    }
    if (Object.values(message_signing ?? {}).includes(true)) return [];
    return [{ path, text: 'claims no part, name one (jarm: true), or write profile: fapi2-security-profile' }];
  },

  function clientCertificates({ development, listen }) {
    if (development === true || listen?.client_certificate !== true) return [];
    const text = 'is for development, leave it out: clients find the listener of mtls by mtls_endpoint_aliases';
    return [{ path: ['listen', 'client_certificate'], text }];
  },

  function transport({ development, listen, proxy }) {
    if (development === true || listen?.tls || proxy) return [];
    const text = 'has no tls, write tls: { cert: ..., key: ... }, or name the proxy that ends TLS under proxy';
    return [{ path: ['listen'], text, clause: 'FAPI2-SP-FINAL-5.2.1-1' }];
  },

  function databaseTransport({ development, database }) {
    if (development === true || database?.tls || !isInTheClear(`${database?.url ?? ''}`)) return [];
    const text =
      'is on another machine and reached without TLS, write database.tls: { ca: ... }, or sslmode=disable in it where the network is trusted';
    return [{ path: ['database', 'url'], text }];
  },

  function passwords({ development, accounts }) {
    return list(accounts as readonly Partial<ListedAccount>[]).flatMap(({ login, password, password_hash }, index) => {
      if (login === undefined) return [];
      const at = (name: string, text: string) => [{ path: ['accounts', index, name], text }];
      if (password !== undefined && password_hash !== undefined) {
        return at('password', 'stands beside password_hash, leave one of them out');
      }
      if (password === undefined && password_hash === undefined) return at('password_hash', `is missing, ${makeHash}`);
      if (password_hash === undefined) return development === true ? [] : at('password', `is in clear, ${makeHash}`);
      const fault = thrown(() => parsePasswordHash(`${password_hash}`));
      return fault ? at('password_hash', fault) : [];
    });
  },

  function subjects({ accounts }) {
    const listed = list(accounts as readonly Partial<ListedAccount>[]);
    const named = ({ login }: Partial<ListedAccount>) => typeof login === 'string';
    const logins = listed.map((account) => (named(account) ? canonicalLogin(`${account.login}`) : undefined));
    const subs = listed.map((account) => (named(account) ? subOf(account as ListedAccount) : undefined));
    const same = repeated(logins, (index) => ['accounts', index, 'login']);
    const sameSub = repeated(subs, (index) => ['accounts', index, 'claims', 'sub']);
    return [...same, ...sameSub.filter(({ path }) => !same.some((finding) => finding.path[1] === path[1]))];
  },

  function reachableAcr({ acr, accounts, extend }) {
    if (extend !== undefined || (accounts !== undefined && !Array.isArray(accounts))) return [];
    return Object.entries(acr ?? {}).flatMap(([name, methods]) => {
      const other = Array.isArray(methods) ? methods.find((method) => method !== 'pwd') : undefined;
      const text = `asks for ${other}, and accounts of the file log in by pwd alone: write a module in accounts, or extend`;
      return other === undefined ? [] : [{ path: ['acr', name], text, clause: 'OIDCC-5.5.1.1' as const }];
    });
  },

  function mutualTls({ mtls, listen, proxy }) {
    const findings: KeyFault[] = [];
    if (mtls && !proxy && mtls.port === undefined) {
      findings.push({
        path: ['mtls', 'port'],
        text: 'is missing, write the port of the listener that asks for client certificates',
      });
    }
    if (mtls?.port && mtls.port === listen?.port && !proxy) {
      findings.push({ path: ['mtls', 'port'], text: 'is the port of listen, write another one' });
    }
    return findings;
  },

  function managementPort({ management, listen, mtls }) {
    const port = management?.port ?? 9090;
    if (!management || port === 0 || ![listen?.port, mtls?.port].includes(port)) return [];
    return [{ path: ['management', 'port'], text: 'is the port of another listener, write another one' }];
  },

  function workersOfOneDatabase({ workers, database }) {
    if (workers === undefined || workers === 1 || !`${database?.url ?? 'pglite:'}`.startsWith('pglite:')) return [];
    const text =
      'share a database, and an embedded one is for one process: write 1, or a database.url of a Postgres server';
    return [{ path: ['workers'], text }];
  },

  function idleSession({ ttl }) {
    const { session, session_idle } = (ttl ?? {}) as Record<string, unknown>;
    if (typeof session !== 'number' || typeof session_idle !== 'number' || session_idle <= session) return [];
    return [{ path: ['ttl', 'session_idle'], text: `is longer than ttl.session, write at most ${session}` }];
  },

  function signingKeys({ keys }) {
    const both = keys?.module !== undefined && keys.jwks !== undefined;
    return both ? [{ path: ['keys', 'module'], text: 'stands beside keys.jwks, leave one of them out' }] : [];
  },

  function clientIds({ clients }) {
    const ids = list(clients).map(({ client_id }) => client_id);
    return repeated(ids, (index) => ['clients', index, 'client_id']);
  },
];

/** Finds values that stand twice; `pathOf` says where the item of an index has it. */
function repeated(values: readonly unknown[], pathOf: (index: number) => KeyFault['path']): KeyFault[] {
  const first = new Map<unknown, number>();
  return values.flatMap((value, index) => {
    const earlier = first.get(value);
    if (earlier === undefined) first.set(value, index);
    return value === undefined || earlier === undefined
      ? []
      : [{ path: pathOf(index), text: twice, also: pathOf(earlier) }];
  });
}
