import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { configurationWith } from '../support/configuration.ts';
import { team } from './team.ts';

const excerpt = (text: string) => {
  const [, code = ''] = /\/\/ <team>\n([\s\S]*?) *\/\/ <\/team>/.exec(text) ?? [];
  return code.replaceAll(/^ {2}/gm, '').trim();
};

describe('A team that has a provider already', () => {
  it('is in the profile by one expression, with pages, grants, registration, CIBA, JWE and pairwise subjects of its own', async () => {
    const provider = await team('https://as.example.com', configurationWith());
    const Client = provider.Client as unknown as new (metadata: object) => { clientId: string };
    const common = { redirect_uris: ['https://client.example.com/cb'], jwks_uri: 'https://client.example.com/jwks' };
    expect(new Client({ client_id: 'inside', subject_type: 'pairwise', ...common }).clientId).to.equal('inside');
    expect(() => new Client({ client_id: 'open', token_endpoint_auth_method: 'none', ...common })).to.throw();
  });

  it('finds that code in the document for teams', () => {
    const code = excerpt(readFileSync('test/flows/team.ts', 'utf8'));
    expect(code.length).to.be.greaterThan(500);
    expect(readFileSync('lib/README.md', 'utf8')).to.include(code);
  });
});
