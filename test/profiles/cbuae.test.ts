import { expect } from 'chai';

import { judge, violations } from '../../lib/profile.ts';
import { profiles } from '../../lib/profiles/profiles.ts';
import * as expectations from '../conformance/rows/expectations.ts';
import { type Ecosystem, ecosystem } from './ecosystem.ts';

describe('profile: cbuae', () => {
  let eco: Ecosystem;

  before(async () => {
    eco = await ecosystem('cbuae', { client: { authorization_details_types: ['payment_initiation'] }, rich: true });
  });
  after(() => eco.server.close());

  it('OFUAE-2.1-6 carries the consent from the push to the token response', async () => {
    await expectations.flow(eco.first);
  });

  it('OFUAE-2.1-6 refuses a push without authorization_details', async () => {
    const { first } = eco;
    const { authorization_details: _, ...params } = first.params;
    expectations.par(await first.push(params, { object: { authorization_details: undefined } }), 'invalid_request');
  });

  it('OFUAE-2.1-1 refuses a push and a token request without a certificate', async () => {
    const { first } = eco;
    expectations.par(await first.push(first.params, { certificate: false }), 'invalid_request');
    const code = await expectations.fresh(first);
    expectations.tk(await first.exchange(code, { certificate: false }), 'invalid_request');
  });

  it('OFUAE-2.3 offers PS256 and nothing else', async () => {
    const { body } = await eco.first.request(`${eco.server.issuer}/.well-known/openid-configuration`);
    const lists = Object.entries(body).filter(([name]) => /_signing_alg_values_supported$/.test(name));
    for (const [name, algs] of lists) if (!/^dpop/.test(name)) expect(algs, name).to.deep.equal(['PS256']);
    expect(body.authorization_details_types_supported).to.deep.equal(['payment_initiation']);
  });

  it('OFUAE-2.1-2 gives tokens for ten minutes at most, whatever a resource asks for', async () => {
    const code = await expectations.fresh(eco.first);
    const { body } = await eco.first.exchange(code);
    expect(body.expires_in).to.be.within(1, 600);
    const long = profiles.cbuae({ mtls: { url: 'https://mtls.example.com' } });
    const found = violations(long, { ttl: { AccessToken: 900, ClientCredentials: 900 } });
    expect(found.filter(({ clause }) => clause === 'OFUAE-2.1-2')).to.have.length(2);
  });

  it('OFUAE-2.1-3 takes no client that authenticates by its certificate', async () => {
    const [{ violations: found = [] } = {}] = judge(profiles.cbuae({ mtls: { url: 'https://mtls.example.com' } }), [
      { client_id: 'one', token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: 'CN=one' },
    ]);
    expect(found.map(({ clause }) => clause)).to.include('OFUAE-2.1-3');
    const { body } = await eco.first.request(`${eco.server.issuer}/.well-known/openid-configuration`);
    expect(body.token_endpoint_auth_methods_supported).to.deep.equal(['private_key_jwt']);
  });
});
