import { expect } from 'chai';

import { locate } from '../../lib/config/load.ts';
import { directory } from './written.ts';

const minimal = 'issuer: https://as.example.com\ndevelopment: true\n';

describe('YAML', () => {
  const files = directory();

  it('merges: what a map says itself counts more, then the first of those it merges', async () => {
    await files.write(
      'clients.yaml',
      [
        '- &one { client_id: a, client_name: One, scope: openid }',
        '- &two { client_id: b, client_name: Two, contacts: [me] }',
        '- { <<: *one, client_id: c }',
        '- { client_id: d, <<: [*two, *one], client_name: D }',
        '- <<: { client_name: In place }',
        '  client_id: e',
      ].join('\n'),
    );
    const config = await files.load(`${minimal}clients: clients.yaml\n`);

    expect(config.clients.slice(2)).to.deep.equal([
      { client_id: 'c', client_name: 'One', scope: 'openid' },
      { client_id: 'd', client_name: 'D', scope: 'openid', contacts: ['me'] },
      { client_id: 'e', client_name: 'In place' },
    ]);
    const { line, column } = locate(config, ['clients', 3, 'scope']);
    expect([line, column]).to.deep.equal([1, 42]);
  });

  for (const [written, problem] of [
    ['clients: [{ <<: 3, client_id: a }]', '<< takes a map, an alias of one, or a list of them'],
    ['clients: &a [*a]', 'stands inside of what it names, write its values out'],
    ['clients: [{ <<: *none, client_id: a }]', '*none stands for nothing, write &none further up'],
  ]) {
    it(`says what is wrong with ${written}`, async () => {
      expect((await files.problems(`${minimal}${written}\n`)).join('\n')).to.include(problem);
    });
  }

  it('does not grow without bound by its aliases', async () => {
    const laughs = Array.from({ length: 12 }, (_, n) => `  - &a${n} [${Array(10).fill(n ? `*a${n - 1}` : 'ha')}]`);
    const problems = await files.problems(`${minimal}clients:\n${laughs.join('\n')}\n`);

    expect(problems.join('\n')).to.include('comes to more than 5000000 values by its aliases');
  });

  it('looks at each alias once: ten thousand clients of one anchor', async () => {
    const uses = Array.from({ length: 10_000 }, (_, index) => `- { <<: *base, client_id: c${index} }`);
    await files.write(
      'many.yaml',
      `- &base { client_id: base, grant_types: [client_credentials] }\n${uses.join('\n')}\n`,
    );
    expect((await files.load(`${minimal}clients: many.yaml\n`)).clients).to.have.length(10_001);
  }).timeout(20_000);

  it('is one document, not too deep, and no map merges itself', async () => {
    for (const [text, problem] of [
      [`${minimal}---\n${minimal}`, /^as\.yaml:3:1 a second document begins here, write one alone$/],
      [`${minimal}listen: ${'['.repeat(9000)}${']'.repeat(9000)}\n`, /^as\.yaml:3:\d+ is nested too deep$/],
      [`${minimal}listen: &a { port: 1, <<: *a }\n`, /^as\.yaml:3:\d+ stands inside of what it names/],
    ] as const) {
      expect((await files.problems(text))[0]).to.match(problem);
    }
  });

  it('is UTF-8: a mark before it is dropped, another encoding is said', async () => {
    expect((await files.load(`\uFEFF${minimal}`)).issuer).to.equal('https://as.example.com');
    for (const [name, bytes, problem] of [
      ['utf16', Buffer.from(`\uFEFF- client_id: a`, 'utf16le'), 'is UTF-16 or no text at all, save it as UTF-8'],
      ['unmarked', Buffer.from('- client_id: a', 'utf16le'), 'is UTF-16 or no text at all, save it as UTF-8'],
      ['latin1', Buffer.from('- client_id: Jos\u00e9', 'latin1'), 'is not UTF-8 (Latin-1?), save it as UTF-8'],
    ] as const) {
      await files.write(`${name}.yaml`, bytes as never);
      expect(await files.problems(`${minimal}clients: ${name}.yaml\n`)).to.deep.equal([
        `as.yaml:3:1 clients: ${name}.yaml ${problem}`,
      ]);
    }
  });
});

describe('claims in YAML', () => {
  const files = directory();
  const claims = async (written: string, set: string[] = []) => {
    const { accounts } = await files.load(
      `${minimal}accounts: [{ login: j, password: 007, claims: { ${written} } }]\n`,
      { set },
    );
    return (accounts as { claims: object; password: string }[])[0];
  };

  it('have the types of OpenID Connect Core 5.1, from the text as it was written', async () => {
    const account = await claims(
      'phone_number: +46701234567, preferred_username: 007, birthdate: 1990, address: { postal_code: 01234 }, name#sv: 1e3, email_verified: true, updated_at: 12, nickname: yes, given_name: true, x: 007',
    );
    expect(account?.claims).to.deep.equal({
      phone_number: '+46701234567',
      preferred_username: '007',
      birthdate: '1990',
      address: { postal_code: '01234' },
      'name#sv': '1e3',
      email_verified: true,
      updated_at: 12,
      nickname: 'yes',
      given_name: 'true',
      x: 7,
    });
    expect(account?.password).to.equal('007');
  });

  it('do so on the command line, alone and in a list', async () => {
    const one = await claims('x: 1', ['accounts.0.claims.phone_number=+46701234567', 'accounts.0.claims.x=007']);
    expect(one?.claims).to.deep.equal({ phone_number: '+46701234567', x: 7 });
    const all = await claims('x: 1', ['accounts=[{ login: j, password: 0x10, claims: { preferred_username: 007 } }]']);
    expect(all).to.deep.equal({ login: 'j', password: '0x10', claims: { preferred_username: '007' } });
  });

  it('are refused where they cannot', async () => {
    expect(
      (await files.problems(`${minimal}accounts: [{ login: j, password: p, claims: { email_verified: 1 } }]\n`)).join(),
    ).to.match(/claims\.email_verified: is a number, write true or false/);
  });
});
