import { globSync } from 'node:fs';
import { matchesGlob } from 'node:path';

import { Stryker } from '@stryker-mutator/core';
import { Option } from 'commander';

import { commandLine, count, optionsOf, refuse } from '../support/command_line.ts';
import { type Room, rooms } from './rooms.ts';

interface Options {
  readonly room: Room;
  readonly files?: string;
  readonly tests?: string;
  readonly processes: number;
}

const { room, files, tests, processes } = optionsOf<Options>(
  commandLine('mutants', 'puts faults into a room, one after the other, and lists those no test finds')
    .addOption(new Option('--room <room>', 'where').choices(Object.keys(rooms)).makeOptionMandatory())
    .option('--files <glob>', 'only these files of it, lib/store/batch.ts for example')
    .option('--tests <glob>', 'ask these tests instead of all of the room, test/store/batch.test.ts for example')
    .option('--processes <n>', 'processes that run tests', count, 2),
);
const { mutate, tests: folders } = rooms[room];
const chosen = globSync([...mutate]).filter((file) => files === undefined || matchesGlob(file, files));
if (chosen.length === 0) refuse(`no file of ${room} matches ${files}`);

const testFiles = globSync(tests ?? folders.flatMap((name) => [`test/${name}.test.ts`, `test/${name}/**/*.test.ts`]));
if (testFiles.length === 0) refuse(`no file matches ${tests}`);
// Without the package's settings, whose options of node would make a process below that the runner does not see.
const settings = ['--no-package', '--require', './test/support/mocha.ts', '--timeout', '60000'];
const mocha = ['node_modules/mocha/bin/mocha.js', ...settings, '--bail', '--reporter', 'tap'];
const nodeArgs = ['--disable-warning=ExperimentalWarning', '-r', '{{hookFile}}', ...mocha, '{{testFile}}'];
await new Stryker({
  // TypeScript 7 has no API to read its settings by, and they say nothing that a mutant needs.
  ...{ plugins: [import.meta.resolve('@stryker-mutator/tap-runner')], tsconfigFile: 'none' },
  ...{ testRunner: 'tap', coverageAnalysis: 'perTest', concurrency: processes, mutate: chosen },
  ...{
    tap: { testFiles, nodeArgs, forceBail: true },
    reporters: ['clear-text', 'progress-append-only'],
    tempDirName: '.mutants',
  },
  // A fault in what a module does while it is loaded takes a new process each, and is seen by whoever loads it.
  ...{ ignoreStatic: true, timeoutMS: 10_000, allowEmpty: true, cleanTempDir: 'always' },
  ignorePatterns: ['data', 'dist', 'coverage', '.conformance'],
  clearTextReporter: { allowColor: false, logTests: false, allowEmojis: false },
}).runMutationTest();
