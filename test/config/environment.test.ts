import { expect } from 'chai';
import fc from 'fast-check';

import { directory } from './written.ts';

const minimal = 'issuer: https://as.example.com\ndevelopment: true\n';

describe('the environment in the configuration file', () => {
  const files = directory();

  it('stands where a name in braces after a dollar sign stands, also inside of a value', async () => {
    const config = await files.load(`issuer: https://\${HOST}:\${PORT}/op\ndevelopment: true\n`, {
      env: { HOST: 'as.example.com', PORT: '8443' },
    });

    expect(config.issuer).to.equal('https://as.example.com:8443/op');
  });

  it('is read as a number or a boolean where that is what the key takes', async () => {
    const config = await files.load(
      `issuer: https://as.example.com\ndevelopment: \${DEV}\nlisten: { port: \${PORT} }\n`,
      {
        env: { DEV: 'true', PORT: '8443' },
      },
    );

    expect(config.development).to.equal(true);
    expect(config.listen.port).to.equal(8443);
  });

  it('stays text where text is wanted, however it looks', async () => {
    const config = await files.load(`${minimal}accounts:\n  - { login: jane, password: \${SECRET} }\n`, {
      env: { SECRET: '0012' },
    });

    expect(config.accounts).to.deep.equal([{ login: 'jane', password: '0012', claims: {} }]);
  });

  it('is never taken for YAML', async () => {
    const config = await files.load(`${minimal}accounts:\n  - { login: jane, password: \${SECRET} }\n`, {
      env: { SECRET: '{ a: b } # "c"' },
    });

    expect(config.accounts).to.have.nested.property('[0].password', '{ a: b } # "c"');
  });

  it('is left alone after a second dollar sign', async () => {
    const config = await files.load(`${minimal}accounts:\n  - { login: jane, password: 'a$\${b}' }\n`, { env: {} });

    expect(config.accounts).to.have.nested.property('[0].password', `a\${b}`);
  });

  it('is missed at the place that asks for it, once', async () => {
    expect(await files.problems(`${minimal}listen:\n  host: \${HOST}\n`, { env: {} })).to.deep.equal([
      'as.yaml:4:9 listen.host: the environment variable HOST is not set',
    ]);
  });
});

describe('any value of the environment', () => {
  const files = directory();
  const password = async (yaml: string, env: NodeJS.ProcessEnv) => {
    const { accounts } = await files.load(`${minimal}accounts:\n  - { login: jane, password: ${yaml} }\n`, { env });
    return (accounts as { password: string }[])[0]?.password;
  };
  // A variable of the environment ends at U+0000.
  const value = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 100 })
    .map((text) => `x${text.replaceAll('\0', '')}`);

  it('stands in the file as it is, quoted or not, and alone or inside of other text', async () => {
    await fc.assert(
      fc.asyncProperty(value, async (held) => {
        expect(await password(`\${SECRET}`, { SECRET: held })).to.equal(held);
        expect(await password(`"<\${SECRET}>"`, { SECRET: held })).to.equal(`<${held}>`);
        expect(await password(`'\${SECRET}\${SECRET}'`, { SECRET: held })).to.equal(held + held);
      }),
      { numRuns: 20 },
    );
  });

  it('is no text that the file has without a name in braces', async () => {
    const text = fc.string({ minLength: 1, maxLength: 100 }).filter((written) => !/\$\{[^{}\n]*\}/.test(written));
    await fc.assert(
      fc.asyncProperty(text, async (written) => {
        expect(await password(JSON.stringify(written), {})).to.equal(written);
      }),
      { numRuns: 20 },
    );
  });
});

describe('--set', () => {
  const files = directory();
  const set = (...assignments: string[]) => ({ set: assignments });

  it('lays a value over the file, whether the key stands there or not', async () => {
    const config = await files.load(`${minimal}dpop: { nonce: off }\n`, set('dpop.nonce=required', 'listen.port=8443'));

    expect(config.dpop.nonce).to.equal('required');
    expect(config.listen.port).to.equal(8443);
  });

  it('takes lists and maps, and reaches into them', async () => {
    const config = await files.load(
      minimal,
      set('clients=[{ client_id: a }]', 'clients.0.client_name=A=B', 'algorithms=[ES256]'),
    );

    expect(config.clients).to.deep.equal([{ client_id: 'a', client_name: 'A=B' }]);
    expect(config.algorithms).to.deep.equal(['ES256']);
  });

  it('stays text where text is wanted, however it looks', async () => {
    const config = await files.load(minimal, set('clients=[{ client_id: a }]', 'clients.0.client_name=42'));

    expect(config.clients).to.have.nested.property('[0].client_name', '42');
  });

  for (const [assignment, problem] of [
    [
      'par.request_uri_lifetime=4',
      'par.request_uri_lifetime: is too short to be used, write 5 to 599 seconds [FAPI2-SP-FINAL-5.3.2.2-12]',
    ],
    ['listen.prot=1', 'listen.prot: is no known key, did you mean port?'],
    ['listen.port', 'listen.port: is not path=value, write for example listen.port=8443'],
    ['issuer.x=1', 'issuer.x: goes through a value that has no keys'],
    ['scopes=[', 'scopes: the value is not YAML, put it in quotes'],
    ['__proto__.polluted=1', '__proto__: is no known key'],
  ] as const) {
    it(`reports ${assignment} as its own`, async () => {
      const [first, ...more] = await files.problems(minimal, set(assignment));

      expect(first).to.contain(`--set:1:1 ${problem}`);
      expect(more).to.deep.equal([]);
      expect(({} as Record<string, unknown>).polluted).to.equal(undefined);
    });
  }
});
