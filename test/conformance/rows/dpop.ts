import { expect } from 'chai';
import { now, proofKey, sha256 } from '../../support/jwt.ts';
import * as expected from './expectations.ts';
import type { Rows } from './row.ts';
import type { Otherwise, SuiteClient } from './suite_client.ts';

const mismatch = ['invalid_request', 'invalid_grant', 'invalid_dpop_proof'];

/** The whole flow with every proof dated, or otherwise worded, like this. */
async function flowWith(client: SuiteClient, claims: () => Record<string, unknown>): Promise<void> {
  const { params } = client;
  const code = await expected.fresh(client, params, { proof: claims() });
  const { access_token } = await expected.tokens(
    client,
    await client.exchange(code, { proof: claims() }),
    params.nonce,
  );
  const dpop = await client.proof('GET', client.resourceUrl, { ath: sha256(access_token), ...claims() });
  expected.given(await client.get(client.resourceUrl, access_token, { dpop }));
}

async function mismatched(client: SuiteClient, params: Record<string, string>, otherwise: Otherwise): Promise<void> {
  const code = await expected.fresh(client, params, otherwise);
  expected.tk(await client.exchange(code, { proof: {}, proofKey: await proofKey() }), ...mismatch);
}

/** Proofs at the resource: what is said otherwise in the claims or the header, and whether it may pass. */
async function negative(client: SuiteClient): Promise<void> {
  const { access_token } = await expected.flow(client);
  const url = client.resourceUrl;
  const ath = sha256(access_token);
  const send = async (dpop: string | string[] | undefined, scheme = 'DPoP') => {
    const headers = { authorization: `${scheme} ${access_token}`, ...(dpop && { dpop }) };
    return (await client.request(url, { headers: headers as Record<string, string> })).status;
  };
  const proof = (claims = {}, header = {}, key = client.proofKey) =>
    client.proof('GET', url, { ath, ...claims }, key, header);
  const { d: _, ...rest } = { ...client.proofKey.jwk, d: undefined };
  const refused: Record<string, Promise<string>> = {
    'no JWT': Promise.resolve('not-a-jwt'),
    'no typ': proof({}, { typ: undefined }),
    'no jwk': proof({}, { jwk: undefined }),
    'no jti': proof({ jti: undefined }),
    'no htm': proof({ htm: undefined }),
    'no htu': proof({ htu: undefined }),
    'no iat': proof({ iat: undefined }),
    'no ath': proof({ ath: undefined }),
    'another typ': proof({}, { typ: 'jwt' }),
    'alg none': proof({}, { alg: 'none' }),
    'a private key in the header': proof({}, { jwk: { ...rest, d: 'AAAA' } }),
    'another method': proof({ htm: 'POST' }),
    'another URL': proof({ htu: `${url}/other` }),
    'an hour ago': proof({ iat: now() - 3600 }),
    'in an hour': proof({ iat: now() + 3600 }),
    'another token': proof({ ath: sha256('other') }),
    'another key': proof({}, {}, await proofKey()),
  };
  for (const [what, made] of Object.entries(refused)) expect(await send(await made), what).to.be.oneOf([400, 401]);
  expect(await send((await proof()).replace(/.{8}$/, 'AAAAAAAA')), 'a broken signature').to.be.oneOf([400, 401]);
  expect(await send([await proof(), await proof()]), 'two proofs').to.be.oneOf([400, 401]);
  expect(await send(undefined), 'no proof').to.be.oneOf([400, 401]);
  expect(await send(await proof(), 'Bearer'), 'as Bearer').to.be.oneOf([400, 401]);
  const { host } = new URL(url);
  const accepted: Record<string, Promise<string>> = {
    'a query': proof({ htu: `${url}?q=1` }),
    'a fragment': proof({ htu: `${url}#f` }),
    'unknown claims': proof({ unknown: true, more: { a: 1 } }),
    'host in capitals': proof({ htu: url.replace(host, host.toUpperCase()) }),
    'scheme in capitals': proof({ htu: url.replace('https', 'HTTPS') }),
    'nothing wrong': proof(),
  };
  for (const [what, made] of Object.entries(accepted)) expect(await send(await made), what).to.equal(200);
  const once = await proof();
  expect([await send(once), await send(once)]).to.deep.equal([200, 401]);
}

/** Proofs of possession. */
export const dpop: Rows = {
  'check-dpop-proof-nbf-exp': ({ first }) => flowWith(first, () => ({ nbf: now(), exp: now() + 60 })),
  'ensure-dpopproof-with-iat-10seconds-before-succeeds': ({ first }) => flowWith(first, () => ({ iat: now() - 10 })),
  'ensure-dpopproof-with-iat-10seconds-after-succeeds': ({ first }) => flowWith(first, () => ({ iat: now() + 8 })),
  'ensure-mismatched-dpop-jkt-fails': async ({ first }) => {
    const { jkt: dpop_jkt } = await proofKey();
    expected.par(
      await first.push({ ...first.params, dpop_jkt }, { proof: {} }),
      'invalid_request',
      'invalid_dpop_proof',
    );
  },
  'ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt': ({ first }) =>
    mismatched(first, first.params, { proof: {} }),
  'ensure-token-endpoint-fails-with-mismatched-dpop-jkt': ({ first }) =>
    mismatched(first, { ...first.params, dpop_jkt: first.proofKey.jkt }, {}),
  'ensure-dpopproof-at-par-endpoint-binding-success': async ({ first }) => {
    await expected.flow(first, first.params, { proof: {} });
  },
  'ensure-dpop-auth-code-binding-success': async ({ first }) => {
    await expected.flow(first, { ...first.params, dpop_jkt: first.proofKey.jkt }, { proof: {} });
  },
  'dpop-negative-tests': ({ first }) => negative(first),
};
