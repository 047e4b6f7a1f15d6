import type { Client, Provider } from 'oidc-provider';

import { seconds } from '../seconds.ts';
import type { VerifyAccessToken } from './access_token.ts';

/** The subject the client knows the person by. */
async function subjectOf(provider: Provider, sub: string, client: Client): Promise<string> {
  if (client.subjectType !== 'pairwise') return sub;
  const claims = await new provider.Claims({ sub }, { client }).scope('openid').result();
  return `${claims.sub}`;
}

/**
 * Verifies the tokens of a provider in the same process.
 *
 * @param provider the one that issued them, in this process.
 * @example
 * api.use(protect({ verify: tokensOf(provider), unique, origins: ['https://api.example.com'] }));
 * @see [FAPI2-SP-FINAL-5.3.4-3](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.4)
 */
export function tokensOf(provider: Provider): VerifyAccessToken {
  return async function verify(value) {
    const user = await provider.AccessToken.find(value);
    const token = user ?? (await provider.ClientCredentials.find(value));
    const { clientId, exp = 0 } = token ?? {};
    // To the second: core's own clock tolerance would let an expired token live on.
    if (!token || !clientId || exp <= seconds()) return undefined;
    const client = await provider.Client.find(clientId);
    if (!client) return undefined;
    if (user) {
      const grant = user.grantId ? await provider.Grant.find(user.grantId) : undefined;
      if (!grant || grant.clientId !== clientId || grant.accountId !== user.accountId) return undefined;
    }
    return {
      client_id: clientId,
      exp,
      sub: user?.accountId && (await subjectOf(provider, user.accountId, client)),
      scope: token.scope,
      aud: token.aud,
      cnf: { jkt: token.jkt, 'x5t#S256': token['x5t#S256'] },
      authorization_details: user?.rar,
    };
  };
}
