import { expect } from 'chai';

import * as expectations from '../conformance/rows/expectations.ts';
import { type Ecosystem, ecosystem } from './ecosystem.ts';

describe('profile: cbuae', () => {
  let eco: Ecosystem;

  before(async () => {
    eco = await ecosystem('cbuae', { client: { authorization_details_types: ['payment_initiation'] }, rich: true });
  });
  after(() => eco.server.close());

  it('OFUAE-2.4 carries the consent from the push to the token response', async () => {
    await expectations.flow(eco.first);
  });

  it('OFUAE-2.4 refuses a push without authorization_details', async () => {
    const { first } = eco;
    const { authorization_details: _, ...params } = first.params;
    expectations.par(await first.push(params, { object: { authorization_details: undefined } }), 'invalid_request');
  });

  it('OFUAE-2.3-2 refuses a push and a token request without a certificate', async () => {
    const { first } = eco;
    expectations.par(await first.push(first.params, { certificate: false }), 'invalid_request');
    const code = await expectations.fresh(first);
    expectations.tk(await first.exchange(code, { certificate: false }), 'invalid_request');
  });

  it('OFUAE-2.3-1 offers PS256 and nothing else', async () => {
    const { body } = await eco.first.send(`${eco.server.issuer}/.well-known/openid-configuration`);
    const lists = Object.entries(body).filter(([name]) => /_signing_alg_values_supported$/.test(name));
    for (const [name, algs] of lists) if (!/^dpop/.test(name)) expect(algs, name).to.deep.equal(['PS256']);
    expect(body.authorization_details_types_supported).to.deep.equal(['payment_initiation']);
  });
});
