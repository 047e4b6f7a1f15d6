import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { configurationWith } from '../support/configuration.ts';
import { library, moving, team } from './team.ts';

const issuer = 'https://as.example.com';

describe('A team that has a provider already', () => {
  let made: Awaited<ReturnType<typeof library>>;
  before('the store, its secrets and its purge in a few lines', async () => {
    made = await library(issuer, 'pglite:', randomBytes(32).toString('base64'), {});
  });
  after(() => made?.store.close());

  it('has a provider on the store', () => {
    expect(made.provider.issuer).to.equal(issuer);
  });

  it('is in the profile by one expression, with pages, grants, registration, CIBA, JWE and pairwise subjects of its own', async () => {
    const provider = await team(issuer, configurationWith({ adapter: made.store.adapter }));
    const Client = provider.Client as unknown as new (metadata: object) => { clientId: string };
    const common = { redirect_uris: ['https://client.example.com/cb'], jwks_uri: 'https://client.example.com/jwks' };
    expect(new Client({ client_id: 'inside', subject_type: 'pairwise', ...common }).clientId).to.equal('inside');
    expect(() => new Client({ client_id: 'open', token_endpoint_auth_method: 'none', ...common })).to.throw();
  });

  it('moves its clients one by one', async () => {
    const clients = ['old', 'told'].map((client_id) => ({
      client_id,
      client_secret: 'a secret',
      redirect_uris: ['https://client.example.com/cb'],
    }));
    const configuration = configurationWith({ adapter: made.store.adapter });
    const { provider, reports } = await moving(issuer, configuration, { clients }, new Set(['told']));
    expect(reports).to.deep.equal(['told: 1']);
    expect((await provider.Client.find('old'))?.tokenEndpointAuthMethod).to.equal('client_secret_basic');
  });
});
