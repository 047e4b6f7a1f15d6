import { isLocal } from '../http/address.ts';
import type { KeyFault } from './explain.ts';
import { list, type Rule } from './rule.ts';
import { isSampleJwk, publicKnowledge } from './sample.ts';

type Account = { readonly claims?: { readonly sub?: unknown } };

/** Matches what looks like a key; anything else is the schema's to report. */
const wellFormed = /^([0-9a-fA-F]{64}|[A-Za-z0-9+/_-]{43}=?)$/;

/** True for a key that looks random: one of 32 random bytes has fewer than 16 different ones once in 10^28. */
const isRandom = (key: string) => new Set(Buffer.from(key, key.length === 64 ? 'hex' : 'base64url')).size >= 16;

/** Rules about what others could see, compute or take. */
export const exposure: readonly Rule[] = [
  function exposedDevelopment({ development, listen, dangerously_expose_development: exposed }) {
    const { host = 'localhost' } = listen ?? {};
    if (development !== true || exposed === true || typeof host !== 'string' || isLocal(host)) return [];
    const text =
      'is reached by other machines, to which development: true serves public keys and passwords: write localhost, leave development out, or write dangerously_expose_development: true';
    return [{ path: ['listen', 'host'], text }];
  },

  function exposedAdministration({ management }) {
    if (!management) return [];
    const { host = 'localhost', ca, tls, administration } = management;
    const findings: KeyFault[] = [];
    if (ca !== undefined && !tls) {
      const text = 'asks for certificates, which takes TLS: write management.tls as well';
      findings.push({ path: ['management', 'ca'], text });
    }
    if (administration !== false && ca === undefined && typeof host === 'string' && !isLocal(host)) {
      const text =
        'is reached by other machines, and anybody there could administer: write management.ca, or localhost, or administration: false';
      findings.push({ path: ['management', 'host'], text });
    }
    return findings;
  },

  function sealing({ development, database }) {
    const path = ['database', 'encryption_keys'];
    const make = 'write what `openssl rand -base64 32` prints';
    const keys: readonly unknown[] = Array.isArray(database?.encryption_keys) ? database.encryption_keys : [];
    if (development === true) return [];
    if (!database?.encryption_keys) return [{ path, text: `is missing, ${make}` }];
    return keys.flatMap((key, index) =>
      typeof key !== 'string' || !wellFormed.test(key) || isRandom(key)
        ? []
        : [{ path: [...path, index], text: `is not random, ${make}` }],
    );
  },

  function samples({ development, clients, keys }) {
    if (development === true) return [];
    const found = (path: KeyFault['path'], jwks: unknown) =>
      list((jwks as { keys?: readonly object[] } | undefined)?.keys).flatMap((key, index) =>
        isSampleJwk(key) ? [{ path: [...path, 'keys', index], text: publicKnowledge }] : [],
      );
    return [
      ...list(clients).flatMap(({ jwks }, index) => found(['clients', index, 'jwks'], jwks)),
      ...found(['keys', 'jwks'], keys?.jwks),
    ];
  },

  function subjects({ accounts, clients }) {
    const ids = new Set<unknown>(list(clients).map(({ client_id }) => client_id));
    return list(accounts as readonly Account[]).flatMap(({ claims }, index): KeyFault[] =>
      claims?.sub !== undefined && ids.has(claims.sub)
        ? [
            {
              path: ['accounts', index, 'claims', 'sub'],
              text: 'is the client_id of a client, write another one: a token of the one would look like the other’s',
              clause: 'FAPI2-SP-FINAL-6.7',
            },
          ]
        : [],
    );
  },
];
