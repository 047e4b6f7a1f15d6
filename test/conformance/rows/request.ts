import { expect } from 'chai';
import { now } from '../../support/jwt.ts';
import * as expected from './expectations.ts';
import type { Row, Rows } from './row.ts';
import { callback } from './setting.ts';
import type { Otherwise } from './suite_client.ts';

/** A push that has to be refused with 400 and one of these errors. */
const refused =
  (otherwise: Otherwise, ...errors: string[]): Row =>
  async ({ first }) =>
    expected.par(await first.push(first.params, otherwise), ...errors);

const without =
  (name: string, ...errors: string[]): Row =>
  async ({ first }) => {
    const { [name]: _, ...params } = first.params;
    expected.par(await first.push(params), ...errors);
  };

const minutes = 60;

/** What is pushed, and what must not be. */
export const requests: Rows = {
  'ensure-request-object-with-multiple-aud-succeeds': async ({ first }) => {
    await expected.flow(first, first.params, { object: { aud: ['https://other.example.com', first.server.issuer] } });
  },
  'ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted': async ({ first }) => {
    await expected.flow(first, first.params, { object: { nbf: now() + 8 } });
  },
  'ensure-request-object-without-exp-fails': refused({ object: { exp: undefined } }, 'invalid_request_object'),
  'ensure-request-object-without-nbf-fails': refused({ object: { nbf: undefined } }, 'invalid_request_object'),
  'ensure-request-object-without-redirect-uri-fails': async ({ first }) => {
    const { redirect_uri, ...params } = first.params;
    const answer = await first.push(params, { form: { redirect_uri: `${redirect_uri}` } });
    expected.par(answer, 'invalid_request', 'invalid_request_object');
  },
  'ensure-expired-request-object-fails': refused({ object: { exp: now() - 60 * minutes } }, 'invalid_request_object'),
  'ensure-request-object-with-bad-aud-fails': refused(
    { object: { aud: 'https://localhost/invalid' } },
    'invalid_request_object',
  ),
  'ensure-request-object-with-exp-over-60-fails': async ({ first }) =>
    expected.par(await first.push(first.params, { object: { exp: now() + 70 * minutes } }), 'invalid_request_object'),
  'ensure-request-object-with-nbf-over-60-fails': async ({ first }) =>
    expected.par(await first.push(first.params, { object: { nbf: now() - 70 * minutes } }), 'invalid_request_object'),
  'ensure-signed-request-object-with-RS256-fails': refused(
    { objectHeader: { alg: 'RS256' } },
    'invalid_request_object',
  ),
  'ensure-request-object-signature-algorithm-is-not-none': refused(
    { objectHeader: { alg: 'none' } },
    'invalid_request_object',
  ),
  'ensure-request-object-with-invalid-signature-fails': async ({ first, second }) =>
    // The kid of one key, the signature of another.
    expected.par(
      await first.push(first.params, { objectKey: { ...second.party, kid: first.party.kid } }),
      'invalid_request_object',
    ),
  'ensure-matching-key-in-authorization-request': async ({ first, second }) =>
    expected.par(
      await first.push(first.params, { objectKey: second.party }),
      'invalid_request',
      'invalid_request_object',
    ),
  'ensure-unsigned-request-at-par-endpoint-fails': refused({ object: false }, 'invalid_request'),
  'plain-fapi-tolerate-unregistered-redirect-uri': async ({ first }) =>
    expected.par(
      await first.push({ ...first.params, redirect_uri: `${callback}/unregistered` }),
      'invalid_request',
      'invalid_request_object',
    ),
  'ensure-unsigned-authorization-request-without-using-par-fails': async ({ first }) => {
    const { params } = first;
    const url = first.authorizationUrl('', { ...params, request_uri: undefined });
    await expected.az(first, await first.visit(url), ['invalid_request'], { state: params.state, plain: true });
  },
  'ensure-redirect-uri-in-authorization-request': without('redirect_uri', 'invalid_request', 'invalid_request_object'),
  'ensure-response-type-code-idtoken-fails': async ({ first }) =>
    expected.par(
      await first.push({ ...first.params, response_type: 'code id_token' }),
      'unsupported_response_type',
      'invalid_request',
      'unauthorized_client',
    ),
  'ensure-response-type-token-fails': async ({ first }) =>
    expected.par(
      await first.push({ ...first.params, response_type: 'token' }),
      'unsupported_response_type',
      'invalid_request',
      'unauthorized_client',
    ),
  'par-authorization-request-containing-request_uri-form-param': async ({ first }) => {
    const request_uri = 'urn:ietf:params:oauth:request_uri:none';
    const answer = await first.push({ ...first.params, request_uri }, { object: false });
    expected.par(answer, 'invalid_request', 'invalid_request_object', 'request_uri_not_supported');
  },
  'par-attempt-invalid-http-method': async ({ first }) => {
    const { status } = await first.push(first.params, { method: 'PUT' });
    expect(status).to.equal(405);
  },
  'par-ensure-pkce-required': async ({ first }) => {
    const { code_challenge: _, code_challenge_method: __, ...params } = first.params;
    expected.par(await first.push(params), 'invalid_request');
  },
  'par-plain-pkce-rejected': async ({ first }) =>
    expected.par(
      await first.push({ ...first.params, code_challenge: first.verifier, code_challenge_method: 'plain' }),
      'invalid_request',
    ),
  'par-authorization-request-containing-request_uri': refused(
    { object: { request_uri: 'urn:ietf:params:oauth:request_uri:none' } },
    'invalid_request_object',
  ),
};
