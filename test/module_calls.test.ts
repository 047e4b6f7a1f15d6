import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';

import { expect } from 'chai';

import { ModuleError } from '../lib/errors.ts';
import { guardedCall, loadModule } from '../lib/module_calls.ts';
import { refusal } from './support/refusal.ts';

describe('a module of the deployment', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modules-'));
  let number = 0;
  const named = (text: string, key = 'extend') => {
    number += 1;
    const path = join(folder, `${number}.mjs`);
    writeFileSync(path, text);
    return { path, key };
  };

  afterEach(() => mock.timers.reset());

  for (const [what, text, reason] of [
    ['throws an error', 'throw new Error("broken")', 'broken'],
    ['throws text', 'throw "broken"', 'broken'],
    ['throws nothing', 'throw undefined', 'it threw nothing'],
    ['throws null', 'throw null', 'it threw nothing'],
    ['throws an error of two lines', 'throw new Error("one\\ntwo")', 'one'],
    ['is no JavaScript', 'export const = 1', "Unexpected token '='"],
    ['imports what is not there', 'import "./nowhere.mjs"', /Cannot find module/],
    ['rejects', 'await Promise.reject(new Error("no"))', 'no'],
  ] as const) {
    it(`that ${what} is told in one line, with the key that names it`, async () => {
      const module = named(text);
      const error = await refusal(loadModule(module));
      expect(error).to.be.instanceOf(ModuleError);
      expect(error.message).to.match(new RegExp(`^extend: ${module.path} cannot be loaded: [^\n]+$`));
      if (typeof reason === 'string') expect(error.message.endsWith(`: ${reason}`), error.message).to.equal(true);
      else expect(error.message).to.match(reason);
    });
  }

  it('that never comes to an end is not waited for', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const error = refusal(loadModule(named('await new Promise(() => {})', 'keys.module')));
    mock.timers.tick(10_000);
    expect((await error).message).to.match(/^keys\.module: .* cannot be loaded: no answer within 10 seconds$/);
  });

  it('fails a call, and not the process, whatever it throws and whenever', async () => {
    const call = (name: string, work: () => unknown) => guardedCall({ path: 'm.js', key: 'keys.module' }, name, work)();
    for (const [work, reason] of [
      [() => Promise.reject(new Error('away')), 'away'],
      [() => Promise.reject(null), 'it threw nothing'],
      [
        () => {
          throw 7;
        },
        '7',
      ],
    ] as const) {
      expect((await refusal(call('sign', work))).message).to.equal(`sign() of keys.module m.js failed: ${reason}`);
    }
    expect(await call('sign', () => 'signed')).to.equal('signed');
    mock.timers.enable({ apis: ['setTimeout'] });
    const never = refusal(call('sign', () => new Promise(() => {})));
    mock.timers.tick(10_000);
    expect((await never).message).to.equal('sign() of keys.module m.js failed: no answer within 10 seconds');
  });
});
