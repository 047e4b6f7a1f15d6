import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

import { expect } from 'chai';

/** What a file imports when it runs, by every file it imports; types are gone by then. */
function imported(file: string, seen = new Set<string>()): Set<string> {
  const text = readFileSync(file, 'utf8');
  for (const [, type, names = '', specifier = ''] of text.matchAll(
    /^(?:import|export) (type )?([^'"]*?) ?from '([^']+)';/gms,
  )) {
    const onlyTypes =
      type ||
      (/^\{[^}]*\}$/.test(names) &&
        names
          .slice(1, -1)
          .split(',')
          .every((name) => !name.trim() || name.trim().startsWith('type ')));
    if (onlyTypes) continue;
    if (!specifier.startsWith('.')) seen.add(specifier.startsWith('node:') ? 'node' : specifier);
    else {
      const next = normalize(join(dirname(file), specifier));
      if (!seen.has(next)) imported(next, seen.add(next));
    }
  }
  return seen;
}

describe('The sub-paths for resource servers', () => {
  for (const name of ['index', 'koa', 'express']) {
    it(`${name} pulls in jose, and nothing of the server`, () => {
      const found = [...imported(`lib/resource/${name}.ts`)];
      expect(found.filter((one) => !one.startsWith('lib/')).sort()).to.deep.equal(['jose', 'node']);
      expect(
        found.filter((one) => /^lib\/(?!resource|certificates|http|seconds|signing_algorithms)/.test(one)),
      ).to.deep.equal([]);
    });
  }
});
