import { expect } from 'chai';

import { clauseUrl, specification } from '../../lib/clause.ts';
import { judge } from '../../lib/commands/judge.ts';
import { profileNames, profiles } from '../../lib/profiles/profiles.ts';
import { directory } from '../config/written.ts';

const ecosystems = profileNames.filter((name) => !name.startsWith('fapi2'));

describe('every profile', () => {
  for (const name of profileNames) {
    it(`${name} names each clause once, and where it stands`, () => {
      const { mechanisms } = profiles[name]({ mtls: { url: 'https://mtls.example.com' } });
      const ids = mechanisms.flatMap(({ clauses }) => clauses.map(({ id }) => id));
      expect(new Set(ids).size).to.equal(ids.length);
      for (const id of ids) expect(clauseUrl(id), id).to.match(/^https:\/\/\w/);
    });
  }
});

describe('an ecosystem', () => {
  const files = directory();
  const file = (profile: string, more = '') =>
    `issuer: https://localhost:9443\ndevelopment: true\nprofile: ${profile}\n${more}`;

  for (const name of ecosystems) {
    it(`${name} asks for the certificates of clients at boot`, async () => {
      const problems = await files.problems(file(name), { judge });
      expect(problems.join('\n')).to.match(/mtls: is missing: the ecosystem asks clients for certificates.*\[[A-Z]+-/);
    });

    it(`${name} leaves no part of Message Signing to choose`, async () => {
      const problems = await files.problems(file(name, 'message_signing: { jarm: true }\n'));
      expect(problems.join('\n')).to.match(/message_signing: belongs to profile: fapi2-message-signing/);
    });
  }

  it('is one of those there are, and one alone', async () => {
    expect((await files.problems(file('cbuea'))).join()).to.match(/as\.yaml:3:\d+ profile/);
    expect((await files.problems(file('[cbuae, ksa]'))).join()).to.match(/as\.yaml:3:\d+ profile/);
  });

  it('brings clauses of its own, under a prefix that is nobody else’s', () => {
    specification('PROBE-', 'https://example.com/profile#section-');
    expect(clauseUrl('PROBE-4.2-1')).to.equal('https://example.com/profile#section-4.2');
    expect(() => specification('PROBE-', 'https://example.org/')).to.throw('PROBE- stands for');
    expect(() => clauseUrl('NOBODY-1')).to.throw('NOBODY-1 is a clause of no known specification');
  });
});
