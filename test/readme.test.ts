import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { expect } from 'chai';

import packageJson from '../package.json' with { type: 'json' };
import { documents, read, rendered } from './support/readme.ts';

const rooms = ['.github', 'config', 'lib', 'migrations', 'test'].filter((room) => existsSync(room));

/** Every document of the project, from its top. */
const every = [
  'README.md',
  ...rooms.flatMap((room) =>
    readdirSync(room, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .map((file) => join(room, file)),
  ),
];

/** The anchor GitHub gives a heading. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

const anchors = (text: string) => [
  ...[...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchor(heading)),
  ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id),
];

async function brokenLinks(document: string): Promise<string[]> {
  const text = (await read(document)).replaceAll(/^```[\s\S]*?^```/gm, '');
  const broken: string[] = [];
  for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
    const [file, id] = target.split('#');
    const path = file ? join(dirname(document), file) : document;
    if (!existsSync(path) || (id && !anchors(await read(path)).includes(id))) broken.push(target);
  }
  return broken;
}

describe('README', () => {
  for (const name of documents) {
    it(`${name} holds what is made out of the code; \`npm run readme\` writes it`, async () => {
      const text = await read(name);
      expect(rendered(text)).to.equal(text);
    });
  }

  for (const name of every) {
    it(`${name} names files, headings and scripts that exist`, async () => {
      expect(await brokenLinks(name)).to.deep.equal([]);
      const scripts = [...(await read(name)).matchAll(/npm run ([a-z:-]+)/g)].map(([, script]) => script);
      expect(Object.keys(packageJson.scripts)).to.include.members(scripts);
    });
  }

  it('is read in a minute or two', async () => {
    expect(Buffer.byteLength(await read())).to.be.at.most(9216);
  });
});
