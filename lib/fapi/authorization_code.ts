import type { Provider } from 'oidc-provider';
import Core from 'oidc-provider';

import type { Mechanism } from './mechanism.ts';

const longest = 60;

async function revoke(provider: Provider, grantId: string): Promise<void> {
  await Promise.all([
    provider.AccessToken.revokeByGrantId(grantId),
    provider.RefreshToken.revokeByGrantId(grantId),
    provider.AuthorizationCode.revokeByGrantId(grantId),
    provider.Grant.adapter.destroy(grantId),
  ]);
}

/** @see [RFC 6749 - Authorization Response](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2) */
export function authorizationCode(): Mechanism {
  return {
    name: 'authorization_code',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-5.3.2.1-11',
        text: 'shall issue authorization codes with a maximum lifetime of 60 seconds',
        violated: ({ ttl }) =>
          typeof ttl?.AuthorizationCode === 'function' || Number(ttl?.AuthorizationCode) <= longest
            ? undefined
            : { path: ['ttl', 'AuthorizationCode'], text: `must be at most ${longest} seconds` },
      },
      {
        id: 'FAPI2-SP-FINAL-5.3.2.2-9',
        text: 'shall reject an authorization code if it has been previously used',
      },
      {
        id: 'RFC6749-4.1.2',
        text: 'SHOULD revoke all tokens previously issued based on a code that is used more than once, also after it expired',
      },
    ],
    configuration: { ttl: { AuthorizationCode: longest } },
    compose(configuration) {
      const { AuthorizationCode: lifetime, ...ttl } = configuration.ttl ?? {};
      return typeof lifetime !== 'function'
        ? configuration
        : {
            ...configuration,
            ttl: { ...ttl, AuthorizationCode: (...args) => Math.min(lifetime(...args), longest) },
          };
    },
    attach(provider) {
      const { AuthorizationCode } = provider;
      const find = AuthorizationCode.find;
      const findCode: typeof find = async function findCode(this: never, ...args) {
        const found = await find.apply(this, args);
        const code = found as (InstanceType<Provider['AuthorizationCode']> & { consumed?: unknown }) | undefined;
        // Core looks at the expiry first and would not notice that this one was spent before.
        const presenter = Core.ctx?.oidc.client?.clientId;
        if (code?.isExpired && code.consumed && code.grantId && code.clientId === presenter) {
          await revoke(provider, code.grantId);
        }
        return found as never;
      };
      AuthorizationCode.find = findCode;
    },
  };
}
