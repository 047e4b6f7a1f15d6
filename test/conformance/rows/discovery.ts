import { expect } from 'chai';

import type { Rows } from './row.ts';

const algorithms = ['PS256', 'ES256', 'EdDSA', 'Ed25519'];
const https = /^https:\/\/localhost:\d+\//;

/** What the server says of itself. */
export const discovery: Rows = {
  'discovery-end-point-verification': async ({ first }) => {
    const openid = first.variant.openid === 'openid_connect';
    const path = openid ? '/.well-known/openid-configuration' : '/.well-known/oauth-authorization-server';
    const { status, headers, body } = await first.request(first.server.issuer + path);
    expect(status).to.equal(200);
    expect(headers.get('content-type')).to.match(/^application\/json/);
    expect(body.issuer).to.equal(first.server.issuer);
    const lists = ['token_endpoint_auth_signing_alg_values_supported', 'id_token_signing_alg_values_supported'];
    for (const list of [...lists, ...(first.dpop ? ['dpop_signing_alg_values_supported'] : [])]) {
      expect(body[list], list).to.have.length.above(0);
      for (const alg of body[list]) expect(algorithms).to.include(alg);
    }
    const { client_auth_type: auth } = first.variant;
    expect(body.token_endpoint_auth_methods_supported).to.include(auth === 'mtls' ? 'tls_client_auth' : auth);
    expect(body).to.deep.include({
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      require_pushed_authorization_requests: true,
      tls_client_certificate_bound_access_tokens: true,
    });
    const endpoints = ['authorization_endpoint', 'token_endpoint', 'pushed_authorization_request_endpoint', 'jwks_uri'];
    for (const name of endpoints) expect(body[name], name).to.match(https);
    const { mtls_endpoint_aliases: aliases } = body;
    expect(aliases).to.include.keys('token_endpoint', 'pushed_authorization_request_endpoint', 'userinfo_endpoint');
    expect(aliases).not.to.have.property('authorization_endpoint');
    for (const [name, url] of Object.entries(aliases)) {
      expect(name).to.match(/_endpoint$/);
      expect(body).to.have.property(name);
      expect(url).to.include(first.server.mtls);
    }
    if (openid) expect(body.scopes_supported).to.include('openid');
    if (first.variant.signed) {
      expect(body.response_modes_supported).to.include('jwt');
      for (const alg of body.authorization_signing_alg_values_supported) expect(algorithms).to.include(alg);
      for (const alg of body.request_object_signing_alg_values_supported) expect(algorithms).to.include(alg);
    }
  },
};
