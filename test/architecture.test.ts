import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

import { expect } from 'chai';
import { Suite, Test } from 'mocha';

import { titlesTwice } from './support/titles.ts';

/** The house, floor by floor: a file imports from its own line or from lines above, never from below. */
const floors: readonly (readonly string[])[] = [
  [
    'clause',
    'plain_text',
    'errors',
    'redact',
    'log',
    'log_line',
    'module_calls',
    'standard_error',
    'installed',
    'resources',
    'merge',
    'did_you_mean',
    'seconds',
    'signing_algorithms',
    'package_file',
    'node_id',
    'settings',
    'utf8',
    'values',
  ],
  ['http/'],
  ['certificates/'],
  ['resource/'],
  ['fapi/'],
  ['profile'],
  ['profiles/'],
  ['accounts/'],
  ['keys/'],
  ['database/'],
  ['store/'],
  ['moving/'],
  ['fapi_provider'],
  ['contract/'],
  ['audit/'],
  ['interactions/'],
  ['management/'],
  ['config/'],
  ['clients/'],
  ['administration/'],
  ['front/'],
  ['server/'],
  ['check/'],
  ['demo/'],
  ['commands/'],
  ['program', 'index', 'server', 'ecosystems'],
  ['command_line'],
  ['cli'],
];

const files = readdirSync('lib', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const floorOf = (file: string) =>
  floors.findIndex((floor) =>
    floor.some((room) => (room.endsWith('/') ? file.startsWith(room) : file === `${room}.ts`)),
  );

function importsOf(file: string): string[] {
  const specifiers = readFileSync(join('lib', file), 'utf8').matchAll(/(?:from|import\() ?'(\.[^']+)'/g);
  const paths = [...specifiers].map(([, specifier = '']) => normalize(join('lib', dirname(file), specifier)));
  return paths.filter((path) => path.startsWith('lib/')).map((path) => path.slice('lib/'.length));
}

describe('The house', () => {
  it('has a floor for every file', () => {
    expect(files.filter((file) => floorOf(file) < 0)).to.deep.equal([]);
  });

  it('is built from above: no file imports from a floor below', () => {
    const downward = files.flatMap((file) =>
      importsOf(file)
        .filter((imported) => floorOf(imported) > floorOf(file))
        .map((imported) => `${file} imports ${imported}`),
    );
    expect(downward).to.deep.equal([]);
  });

  it('has no circles', () => {
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]) => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      else if (!done.has(file)) for (const imported of importsOf(file)) visit(imported, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).to.deep.equal([]);
  });

  /** Text that stands in one file, or in those beside it that a reason is known for. */
  const once: readonly (readonly [what: string, text: RegExp, files: readonly string[]])[] = [
    // The one reads what an application has set.
    ['Retry-After', /'retry-after'/, ['http/error_answer.ts', 'http/oauth_error.ts']],
    // The other prints a program.
    ['the media type of forms', /x-www-form-urlencoded/, ['clients/first_client.ts', 'http/media_types.ts']],
    ['the media type of problems', /'application\/problem\+json/, ['http/media_types.ts']],
    ['the content type of JSON', /json\}?; charset/, ['http/error_answer.ts']],
    ['middleware of the provider', /^(?! \*).*\bprovider\.use\(/m, ['fapi/stages.ts']],
    ['the time in seconds', /Date\.now\(\) \/ 1000/, ['seconds.ts']],
    ['hosts of this machine', /localhost\|/, ['http/address.ts']],
  ];
  for (const [what, text, where] of once) {
    it(`says once: ${what}`, () => {
      expect(files.filter((file) => text.test(readFileSync(join('lib', file), 'utf8'))).sort()).to.deep.equal(where);
    });
  }

  it('exports no value that nobody imports', () => {
    const entries = /^(index|server|ecosystems|cli|contract\/contract|resource\/(index|koa|express))\.ts$/;
    const others = ['test', 'migrations'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => join(folder, file)),
    );
    const texts = [...files.map((file) => join('lib', file)), ...others].map((file) => readFileSync(file, 'utf8'));
    const imported = new Set(
      texts.flatMap((text) =>
        [...text.matchAll(/(?:import|export|const) (?:type )?\{([^}]*)\} (?:from|= )/g)].flatMap(([, names = '']) =>
          names.split(',').map(
            (name) =>
              name
                .trim()
                .replace(/^type /, '')
                .split(/ as |:/)[0],
          ),
        ),
      ),
    );
    // Whole modules, of which anything may be used.
    const whole = new Set(
      texts.flatMap((text) =>
        [...text.matchAll(/(?:\* as \w+ from |import\()'([^']+\.ts)'/g)].map(([, path = '']) =>
          path.replace(/^.*\.\//, ''),
        ),
      ),
    );
    const dead = files
      .filter((file) => !entries.test(file) && ![...whole].some((path) => file.endsWith(path)))
      .flatMap((file) =>
        [...readFileSync(join('lib', file), 'utf8').matchAll(/^export (?:async )?(?:const|function\*?|class) (\w+)/gm)]
          .map(([, name]) => name)
          .filter((name) => !imported.has(name))
          .map((name) => `${file}: ${name}`),
      );
    expect(dead).to.deep.equal([]);
  });

  it('gives a reason for each cast that says anything at all', () => {
    const unexplained = files.flatMap((file) => {
      const lines = readFileSync(join('lib', file), 'utf8').split('\n');
      return lines.flatMap((line, index) => {
        const isExplained = [line, ...lines.slice(Math.max(0, index - 2), index)].some((one) => /\/\/|\*\//.test(one));
        return /^(?! *\*).*\bas (never|any)\b|\bas unknown as\b/.test(line) && !isExplained
          ? [`${file}:${index + 1}`]
          : [];
      });
    });
    expect(unexplained).to.deep.equal([]);
  });

  it("uses core's public surface only", () => {
    const deep = files.filter((file) => /from 'oidc-provider\//.test(readFileSync(join('lib', file), 'utf8')));
    expect(deep).to.deep.equal([]);
  });

  it('asks for a profile by name only where profiles are made', () => {
    const asked = files.filter((file) =>
      /profile(\.name)? *[!=]==? *['"]/.test(readFileSync(join('lib', file), 'utf8')),
    );
    expect(asked.filter((file) => !/^(config|profiles|server|demo)\//.test(file))).to.deep.equal([]);
  });

  it('says in plain words what a thing is or does: no docstring begins with What, Who, Where, Which or Whether', () => {
    const riddles = files.flatMap((file) =>
      [
        ...readFileSync(join('lib', file), 'utf8').matchAll(
          /\/\*\*\s+(?:\* )?(?:What|Who|Whom|Whose|Whether|Where|Which) .*/g,
        ),
      ].map(([line]) => `${file}: ${line}`),
    );
    expect(riddles).to.deep.equal([]);
  });
});

describe('The tests', () => {
  it('have no two of one title under one describe: whoever reads that one failed knows which', () => {
    const all = new Suite('all');
    const [one, other] = [Suite.create(all, 'one'), Suite.create(all, 'other')];
    for (const suite of [one, other]) suite.addTest(new Test('refuses it', () => {}));
    expect(titlesTwice(all)).to.deep.equal([]);
    other.addTest(new Test('refuses it', () => {}));
    expect(titlesTwice(all)).to.deep.equal(['all other refuses it']);
  });
});
