import type { z } from 'zod';

import type { Finding } from './explain.ts';
import type { schema } from './schema.ts';

type Input = z.input<typeof schema>;
type Tolerant<T> = T extends readonly (infer U)[]
  ? readonly (Tolerant<U> | undefined)[] | undefined
  : T extends object
    ? { readonly [K in keyof T]?: Tolerant<T[K]> | undefined } | undefined
    : T | undefined;

/** What one key means for another. These judge what was written, valid or not, so that one run reports everything. */
export function crossFindings(input: Input): Finding[] {
  return rules.flatMap((rule) => rule(input as NonNullable<Tolerant<Input>>));
}

type Rule = (input: NonNullable<Tolerant<Input>>) => Finding[];

const list = <T>(value: readonly T[] | undefined): readonly NonNullable<T>[] =>
  Array.isArray(value) ? value.map((item) => (typeof item === 'object' && item ? item : ({} as NonNullable<T>))) : [];

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

  function transport({ development, listen, proxy }) {
    if (development === true || listen?.tls || proxy) return [];
    const text = 'has no tls, write tls: { cert: ..., key: ... }, or name the proxy that ends TLS under proxy';
    return [{ path: ['listen'], text, clause: 'FAPI2-SP-FINAL-5.2.1-1' }];
  },

  function sealing({ development, database }) {
    if (development === true || database?.encryption_keys) return [];
    const text = 'is missing, make one with: openssl rand 32 | basenc --base64url | tr -d =';
    return [{ path: ['database', 'encryption_keys'], text }];
  },

  function passwords({ development, accounts }) {
    return list(accounts as readonly { password?: string; password_hash?: string }[]).flatMap((account, index) => {
      const path = ['accounts', index];
      if (account.password !== undefined && account.password_hash !== undefined) {
        return [{ path: [...path, 'password'], text: 'stands beside password_hash, leave one of them out' }];
      }
      if (account.password !== undefined && development !== true) {
        return [
          {
            path: [...path, 'password'],
            text: 'is in clear, write password_hash (oidc-provider-fapi accounts hash makes it)',
          },
        ];
      }
      if (account.password !== undefined || account.password_hash !== undefined) return [];
      return [{ path, text: 'has no password_hash (oidc-provider-fapi accounts hash makes it)' }];
    });
  },

  function mutualTls({ mtls, listen, proxy, clients }) {
    const findings: Finding[] = [];
    if (mtls && !proxy && mtls.port === undefined) {
      findings.push({
        path: ['mtls', 'port'],
        text: 'is missing, write the port of the listener that asks for client certificates',
      });
    }
    if (mtls?.port && mtls.port === listen?.port && !proxy) {
      findings.push({ path: ['mtls', 'port'], text: 'is the port of listen, write another one' });
    }
    const methods = list(clients).map(({ token_endpoint_auth_method }) => token_endpoint_auth_method);
    for (const [index, method] of methods.entries()) {
      const path = ['clients', index, 'token_endpoint_auth_method'];
      if (!method?.endsWith('tls_client_auth')) continue;
      if (!mtls && !proxy?.client_certificate) {
        findings.push({ path, text: 'needs client certificates, write mtls: { port: ... }', clause: 'RFC8705-2' });
      } else if (method === 'tls_client_auth' && !mtls?.ca) {
        findings.push({ path, text: 'needs certificate authorities, write mtls: { ca: ... }', clause: 'RFC8705-2.1' });
      }
    }
    return findings;
  },

  function duplicates({ clients, accounts }) {
    return [
      ...repeated(list(clients).map(({ client_id }) => client_id)).map((index) => ['clients', index, 'client_id']),
      ...repeated(list(accounts as readonly { login?: string }[]).map(({ login }) => login)).map((index) => [
        'accounts',
        index,
        'login',
      ]),
    ].map((path) => ({ path, text: 'stands further up already, write another one' }));
  },
];

function repeated(values: readonly (string | undefined)[]): number[] {
  return values.flatMap((value, index) => (value !== undefined && values.indexOf(value) < index ? [index] : []));
}
