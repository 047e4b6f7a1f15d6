import { existsSync } from 'node:fs';

import { expect } from 'chai';

import packageJson from '../package.json' with { type: 'json' };
import { documents, read, rendered } from './support/readme.ts';

describe('README', () => {
  for (const name of documents) {
    it(`${name} holds its tables as they are in the code; \`npm run readme\` writes them`, async () => {
      const text = await read(name);
      expect(rendered(text)).to.equal(text);
    });
  }

  it('names scripts and files that exist', async () => {
    const text = await read();
    const scripts = [...text.matchAll(/npm run ([a-z:-]+)/g)].map(([, name]) => name);
    expect(Object.keys(packageJson.scripts)).to.include.members(scripts);
    const files = [...text.matchAll(/\]\(((?:lib|config|test|migrations)\/[^)#]+)\)/g)].map(([, file]) => `${file}`);
    expect(files.filter((file) => !existsSync(new URL(`../${file}`, import.meta.url)))).to.deep.equal([]);
  });
});
