import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { expect } from 'chai';

import { program } from '../lib/program.ts';
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

/** Commands that a text names, whose word or option the program does not have. */
function unknownCommands(text: string): string[] {
  const lines = text.matchAll(/oidc-provider-fapi +([a-z]+(?: [^`#|\n]*)?)/g);
  return [...lines].flatMap(([, line = '']) => {
    const [name = '', ...words] = line.trim().split(/\s+/);
    let command = program.commands.find((known) => known.name() === name);
    const below = command?.commands.find((known) => known.name() === words[0]);
    command = below ?? command;
    const flags = command?.options.flatMap(({ short, long }) => [short, long]) ?? [];
    const isKnown = command && words.filter((word) => word.startsWith('-')).every((word) => flags.includes(word));
    return isKnown ? [] : [line];
  });
}

describe('README', () => {
  for (const name of documents) {
    it(`${name} holds what is made out of the code; \`npm run readme\` writes it`, async () => {
      const text = await read(name);
      expect(rendered(text)).to.equal(text);
    });
  }

  for (const name of every) {
    it(`${name} names files, headings, scripts and commands that exist`, async () => {
      expect(await brokenLinks(name)).to.deep.equal([]);
      const scripts = [...(await read(name)).matchAll(/npm run ([a-z:-]+)/g)].map(([, script]) => script);
      expect(Object.keys(packageJson.scripts)).to.include.members(scripts);
      expect(unknownCommands(await read(name))).to.deep.equal([]);
    });
  }

  it('of lib names every room', async () => {
    const folders = readdirSync('lib', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const text = await read('lib/README.md');
    expect(folders.map(({ name }) => name).filter((name) => !text.includes(`[\`${name}\`]`))).to.deep.equal([]);
  });

  it('is read in a minute or two', async () => {
    expect(Buffer.byteLength(await read())).to.be.at.most(9216);
  });
});
