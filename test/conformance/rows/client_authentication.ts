import { now } from '../../support/jwt.ts';
import * as expected from './expectations.ts';
import type { Row, Rows } from './row.ts';
import type { Otherwise } from './suite_client.ts';

/** A code redeemed by a client that authenticates otherwise than it should. */
const atToken =
  (otherwise: Otherwise, ...errors: string[]): Row =>
  async ({ first }) =>
    expected.tk(await first.exchange(await expected.fresh(first), otherwise), ...errors);

const atPush =
  (aud: (issuer: string) => unknown): Row =>
  async ({ first }) =>
    expected.par4(await first.push(first.params, { assertion: { aud: aud(first.server.issuer) } }));

const unauthenticated = ['invalid_client', 'invalid_request'];

/** Who the client is. */
export const clientAuthentication: Rows = {
  'ensure-client-id-in-token-endpoint': async ({ first, second }) => {
    const code = await expected.fresh(first);
    const { client_id } = second.party;
    const assertion = { iss: client_id, sub: client_id };
    expected.tk(await first.exchange(code, { assertion }, { client_id }), 'invalid_client', 'invalid_grant');
  },
  'ensure-signed-client-assertion-with-RS256-fails': atToken({ assertionHeader: { alg: 'RS256' } }, 'invalid_client'),
  'ensure-client-assertion-in-token-endpoint': atToken({ assertion: false }, ...unauthenticated),
  'ensure-client-assertion-with-exp-is-5-minutes-in-past-fails': async (run) =>
    atToken({ assertion: { exp: now() - 300 } }, ...unauthenticated)(run),
  'ensure-client-assertion-with-wrong-aud-fails': atToken(
    { assertion: { aud: 'https://other.example.com/token' } },
    ...unauthenticated,
  ),
  'ensure-client-assertion-with-no-sub-fails': atToken({ assertion: { sub: undefined } }, ...unauthenticated),
  'par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted': async ({ first }) => {
    await expected.flow(first, first.params, { assertion: { iat: now() + 8, nbf: now() + 8 } });
  },
  'par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails': async ({ first }) => {
    const ahead = { iat: now() + 65, nbf: now() + 65, exp: now() + 125 };
    expected.par4(await first.push(first.params, { assertion: ahead }));
  },
  'par-test-array-as-audience-fails': atPush((issuer) => [issuer, 'https://other.example.com']),
  'par-test-par-endpoint-url-as-audience-fails': atPush((issuer) => `${issuer}/request`),
  'par-test-token-endpoint-url-as-audience-fails': atPush((issuer) => `${issuer}/token`),
};
