import { expect } from 'chai';
import { Document } from 'yaml';

import { keys } from './keys.ts';
import { directory } from './written.ts';

describe('a misspelt key', () => {
  const files = directory();

  for (const { path, closed } of keys()) {
    if (!closed) continue;
    const name = String(path.at(-1));
    const misspelt = `${name}x`;

    it(`is refused and corrected: ${[...path.slice(0, -1), misspelt].join('.').replace('.0.', '[].')}`, async () => {
      const document = new Document({ issuer: 'https://as.example.com', development: true });
      document.setIn([...path.slice(0, -1), misspelt], true);

      const problems = await files.problems(document.toString());

      const line =
        document
          .toString()
          .split('\n')
          .findIndex((text) => text.includes(`${misspelt}:`)) + 1;
      const found = problems.find((problem) => problem.includes(`${misspelt}: is no known key`));
      expect(found).to.match(new RegExp(`^as\\.yaml:${line}:\\d+ .*, did you mean ${name}\\?$`));
    });
  }
});
