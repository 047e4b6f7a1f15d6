import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { expect } from 'chai';

import { judge } from '../../lib/commands/judge.ts';
import { directory } from '../config/written.ts';
import { type ConsentCase, describeConsents } from './consents.ts';

/** The example of the README, in a folder outside of the package, which it finds by its entry points. */
async function written(): Promise<{ folder: string; module: string }> {
  const readme = await readFile('lib/profiles/README.md', 'utf8');
  const [, text = ''] = /<!-- own -->\n```js\n(.*?)```/s.exec(readme) ?? [];
  const entry = (name: string) => pathToFileURL(`lib/${name}.ts`).href;
  const folder = await mkdtemp(join(tmpdir(), 'ecosystem-'));
  const module = join(folder, 'my_ecosystem.mjs');
  const found = text.replace("'oidc-provider-fapi'", `'${entry('index')}'`);
  await writeFile(module, found.replace("'oidc-provider-fapi/ecosystems'", `'${entry('ecosystems')}'`));
  return { folder, module };
}

const { folder, module } = await written();
const permissions = ['accounts', 'balances'];

const own: ConsentCase = {
  profile: 'fapi2-security-profile',
  options: { file: 'ksa', set: [`extend=${module}`] },
  path: '/open-finance/consents',
  scope: 'consents',
  type: 'application/json',
  clauses: { api: 'EXAMPLE-4.1', named: 'EXAMPLE-4.2', given: 'EXAMPLE-4.3', lasting: 'EXAMPLE-4.4' },
  states: { awaiting: 'awaiting', authorised: 'authorised', rejected: 'rejected', revoked: 'revoked' },
  permissions,
  said: 'Balances',
  body: (_client, { permissions, until }) => JSON.stringify({ permissions, until }),
  read: ({ body: { id, state, permissions } }) => ({ id, state, permissions }),
  asking: (client, id) => ({ params: { ...client.params, scope: `openid accounts consent:${id}` } }),
  error: ({ body }) => body.error,
};

describe('An ecosystem of a deployment’s own', () => {
  const files = directory();
  const file = (more: string) =>
    `issuer: https://localhost:9443\ndevelopment: true\nlisten: { port: 9443 }\nextend: ${module}\n${more}`;
  after(() => rm(folder, { recursive: true }));

  it('is judged like all others, by its own clauses and at their place in the file', async () => {
    const problems = (await files.problems(file('ttl: { access_token: 900 }\n'), { judge })).join('\n');
    expect(problems).to.match(/as\.yaml:\d+:\d+ ttl\.access_token: must be from 300 to 600 seconds.*EXAMPLE-3\.3/);
    expect(problems).to.match(/mtls: is missing: the ecosystem asks clients for certificates.*EXAMPLE-3\.2/);
  });

  it('is the only one: a file that names another is refused', async () => {
    const error = await files.load(file('profile: ksa\n'), { judge }).catch((refused: Error) => refused);
    expect(`${error}`).to.include('the module exports a profile, and the file names ksa: leave one of them out');
  });

  it('has to be one', async () => {
    for (const [name, text] of [
      ['none', 'export const profile = () => undefined;'],
      ['nameless', 'export const profile = () => ({ mechanisms: [] });'],
    ] as const) {
      await files.write(`${name}.mjs`, text);
      const error = await files
        .load(file('').replace(module, `${name}.mjs`), { judge })
        .catch((refused: Error) => refused);
      expect(`${error}`, name).to.include('profile() has to answer { name, mechanisms }');
    }
  });

  describeConsents(own, () => {});
});
