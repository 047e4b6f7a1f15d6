import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { expect } from 'chai';

const node = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;
const runner = (name: string) => [...node, `test/${name}/run.ts`];
const cli = [...node, 'lib/cli.ts', 'check', '--config', 'config/development.yaml'];
const fuzz = [...node, 'node_modules/mocha/bin/mocha.js', 'test/fuzz/fuzz.test.ts'];

async function ends([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, stdout, stderr };
}

describe('A command line that is wrong', () => {
  const wrong: [string, readonly string[], RegExp, NodeJS.ProcessEnv?][] = [
    [
      'an option of bench',
      [...runner('bench'), '--sekonds', '3'],
      /unknown option '--sekonds' \(Did you mean --seconds/,
    ],
    ['a figure of bench', [...runner('bench'), '--only', 'nothing'], /no figure has a name that matches --only/],
    ['a room of mutants', [...runner('mutants'), '--room', 'x'], /--room.*Allowed choices are store, http/],
    ['a number of races', [...runner('races'), '--processes', '0'], /--processes.*write a whole number from 1/],
    ['a subject of torture', [...runner('torture'), '--subject', 'x'], /--subject.*Allowed choices are core in memory/],
    ['an option of conformance', [...runner('conformance'), '--plan', 'sp'], /unknown option '--plan'/],
    ['an option of readme', [...node, 'test/support/readme.ts', '--chek'], /unknown option '--chek'/],
    ['an argument of schema', [...node, 'test/support/schema.ts', 'x'], /too many arguments/],
    ['a client', [...runner('clients'), 'ruby'], /'ruby' is invalid.*Allowed choices are curl, openid-client/],
    ['a level of the log for races', runner('races'), /LOG_LEVEL is "loud"/, { LOG_LEVEL: 'loud' }],
    ['a number for fuzz', fuzz, /FUZZ_SEED is "x", write a whole number/, { FUZZ_SEED: 'x' }],
    ['a level of the log', cli, /LOG_LEVEL is "loud", write one of silent, fatal, error/, { LOG_LEVEL: 'loud' }],
  ];
  for (const [what, command, told, env] of wrong) {
    it(`${what} is one line, and exit code 2`, async () => {
      const { code, stdout, stderr } = await ends(command, env);
      expect(stderr).to.match(told);
      expect(stderr.trim().split('\n')).to.have.length(1);
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    });
  }
});
