import { expect } from 'chai';

import { judgeWhole } from '../../lib/commands/judge.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import { httpsFetch } from '../../lib/http/https_fetch.ts';
import { startServer } from '../../lib/server/server.ts';
import { run } from '../commands/cli.ts';
import { directory } from '../config/written.ts';

describe('extend', () => {
  const files = directory();
  const file = (port: number, more = '') =>
    `issuer: https://localhost:${port}\ndevelopment: true\nlisten: { port: ${port} }\ndatabase: { url: "pglite:" }\n${more}`;
  const module = `
    export const configuration = { scopes: ['openid', 'accounts'], discovery: { service_documentation: 'https://docs.example' } };
    export const middleware = (provider) => ({
      team: [(ctx, next) => (ctx.path === '/version' ? (ctx.body = provider.issuer) : next())],
    });`;

  async function asked(start: (port: number) => ReturnType<typeof startServer>) {
    const port = await freePort();
    const server = await start(port);
    const fetch = httpsFetch({ ca: server.certificate?.cert ?? '' });
    try {
      const metadata = await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json();
      return {
        metadata: metadata as Record<string, unknown>,
        version: await (await fetch(`${server.issuer}/version`)).text(),
      };
    } finally {
      await server.close();
    }
  }

  it('lays a module over the file: configuration of core’s, and middleware in its stage', async () => {
    await files.write('more.mjs', module);
    const { metadata, version } = await asked(async (port) =>
      startServer(await files.load(file(port, 'extend: more.mjs\n'), { judge: judgeWhole })),
    );

    expect(metadata.scopes_supported).to.include('accounts');
    expect(metadata.service_documentation).to.equal('https://docs.example');
    expect(version).to.match(/^https:\/\/localhost:\d+$/);
  });

  it('counts less than what is given in code', async () => {
    await files.write('more.mjs', module);
    const { metadata, version } = await asked(async (port) =>
      startServer(await files.load(file(port, 'extend: more.mjs\n')), {
        configuration: { scopes: ['openid', 'payments'] },
        accounts: { authenticate: async () => undefined, findAccount: () => undefined },
      }),
    );

    expect(metadata.scopes_supported).to.include('payments').and.not.include('accounts');
    expect(version).to.match(/^https/);
  });

  it('is judged by the profile: what loosens it is a boot error', async () => {
    await files.write('loose.mjs', 'export const configuration = { rotateRefreshToken: true };');
    const path = await files.write('loose.yaml', file(9443, 'extend: loose.mjs\n'));
    const { code, stderr } = await run(['check', '--config', path]);

    expect(code).to.equal(2);
    expect(stderr).to.match(/rotateRefreshToken: must be false \[FAPI2-SP-FINAL-5\.3\.2\.1-9\]/);
  });

  for (const [title, text, problem] of [
    ['a misspelt export', 'export const configuraton = {};', /exports configuraton, did you mean configuration\?/],
    [
      'an export of another kind',
      'export const middleware = 3;',
      /exports middleware, which has to be object or function/,
    ],
    ['what throws', 'throw new Error("no");', /cannot be loaded: no/],
  ] as const) {
    it(`says in one line that it is ${title}`, async () => {
      // Node loads a module once: each has a name of its own.
      const name = title.replaceAll(' ', '_');
      await files.write(`${name}.mjs`, text);
      const path = await files.write(`${name}.yaml`, file(9443, `extend: ${name}.mjs\n`));
      const { code, stderr } = await run(['check', '--config', path]);
      expect(code).to.equal(2);
      expect(stderr).to.match(problem);
      expect(stderr.trim().split('\n')).to.have.length(1);
    }).timeout(60_000);
  }

  it('has to be there', async () => {
    expect((await files.problems(file(9443, 'extend: none.mjs\n'))).join()).to.match(
      /^as\.yaml:5:1 extend: none\.mjs cannot be read \(ENOENT\), write the name of a file that holds a module/,
    );
  });
});
