import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'chai';
import { proofKey } from '../../support/jwt.ts';
import * as expected from './expectations.ts';
import type { Rows } from './row.ts';
import { brief } from './setting.ts';
import { tls } from './tls.ts';

/** What the token endpoint says to a client that shows neither proof nor certificate. */
const unbound = (dpop: boolean) =>
  dpop
    ? ['invalid_request', 'invalid_grant', 'invalid_dpop_proof']
    : ['invalid_request', 'invalid_grant', 'invalid_client'];

/** What becomes of a code, and of the tokens it was exchanged for. */
export const tokens: Rows = {
  'ensure-authorization-code-is-bound-to-client': async ({ first, second }) => {
    const code = await expected.fresh(first);
    const { redirect_uri } = first.party;
    expected.tk(await second.exchange(code, {}, { redirect_uri, code_verifier: first.verifier }), 'invalid_grant');
  },
  'attempt-reuse-authorization-code-after-one-second': async ({ first }) => {
    const { params } = first;
    const code = await expected.fresh(first, params);
    const { access_token } = await expected.tokens(first, await first.exchange(code), params.nonce);
    await delay(1000);
    expected.tk(await first.exchange(code), 'invalid_grant');
    expect((await first.resource(access_token)).status).to.equal(401);
  },
  'ensure-token-endpoint-fails-with-expired-auth-code': async ({ brief: at }) => {
    const client = await at();
    const code = await expected.fresh(client);
    await delay((brief.authorization_code + 1) * 1000);
    expected.tk(await client.exchange(code), 'invalid_grant');
  },
  'ensure-pkce-code-verifier-required': async ({ first }) => {
    const code = await expected.fresh(first);
    expected.tk(await first.exchange(code, {}, { code_verifier: undefined }), 'invalid_grant');
  },
  'incorrect-pkce-code-verifier-rejected': async ({ first }) => {
    const code = await expected.fresh(first);
    expected.tk(await first.exchange(code, {}, { code_verifier: 'v'.repeat(64) }), 'invalid_grant');
  },
  'ensure-holder-of-key-required': async ({ first, second }) => {
    const nothing = first.dpop ? { proof: false as const } : { certificate: false as const };
    expected.tk(await first.exchange(await expected.fresh(first), nothing), ...unbound(first.dpop));
    const theirs = await expected.flow(second);
    expect((await first.resource(theirs.access_token)).status).to.be.within(400, 499);
    for (const endpoint of [first.url('/token'), `${first.server.issuer}/auth`]) await tls(endpoint);
  },
  'access-token-type-header-case-sensitivity': async ({ first }) => {
    const { access_token } = await expected.flow(first);
    const authorization = `${first.dpop ? 'dpOp' : 'bEARER'} ${access_token}`;
    expected.given(await first.resource(access_token, { authorization }));
  },
  'refresh-token': async ({ first, second }) => {
    for (const client of [first, second]) {
      const { refresh_token, claims } = await expected.flow(client);
      expect(refresh_token).to.be.a('string');
      // A new key each time: the refresh token of a confidential client is bound to the client, not to a proof's key.
      const otherwise = client.dpop ? { proofKey: await proofKey(), proof: {} } : {};
      const answer = await client.refresh(refresh_token, otherwise, client === first ? { scope: client.scope } : {});
      expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
      expect(answer.headers.get('cache-control')).to.include('no-store');
      expect(answer.body.refresh_token).to.equal(refresh_token);
      if (claims && answer.body.id_token) {
        const again = await expected.tokens(client, answer, undefined).catch(() => undefined);
        const { sub, iss, aud } = again?.claims ?? claims;
        expect({ sub, iss, aud }).to.deep.equal({ sub: claims.sub, iss: claims.iss, aud: claims.aud });
      }
      expected.given(await client.resource(answer.body.access_token, {}, { key: otherwise.proofKey }));
      if (client === first) {
        if (client.variant.client_auth_type === 'private_key_jwt') {
          const errors = ['invalid_client', 'invalid_grant', 'invalid_request'];
          expected.tk(await client.refresh(refresh_token, { assertion: false }), ...errors);
        }
        const nothing = client.dpop ? { proof: false as const } : { certificate: false as const };
        expected.tk(await client.refresh(refresh_token, nothing), ...unbound(client.dpop));
      } else {
        expected.tk(await first.refresh(refresh_token), 'invalid_grant');
      }
    }
  },
};
