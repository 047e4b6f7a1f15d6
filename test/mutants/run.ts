import { globSync } from 'node:fs';
import { matchesGlob } from 'node:path';

import { Stryker } from '@stryker-mutator/core';
import { Option } from 'commander';

import { commandLine, count, optionsOf, refuse } from '../support/command_line.ts';
import { mochaGlobalSetup, mochaGlobalTeardown } from '../support/mocha.ts';
import { namesake, type Room, rooms } from './rooms.ts';

interface Options {
  readonly room?: Room;
  readonly files?: string;
  readonly tests?: string;
  readonly processes: number;
  readonly seconds: number;
  readonly again: boolean;
}

const { room, files, tests, processes, seconds, again } = optionsOf<Options>(
  commandLine('mutants', 'puts faults into the code, one after the other, and lists those no test finds')
    .addOption(new Option('--room <room>', 'where').choices(Object.keys(rooms)))
    .option(
      '--files <glob>',
      'only these files, lib/store/batch.ts for example; with no room the tests of their names are asked',
    )
    .option('--tests <glob>', 'ask these tests instead, test/store/batch.test.ts for example')
    .option('--processes <n>', 'processes that run tests', count, 2)
    .option('--seconds <n>', 'of tests that are asked for one fault, the quickest first', count, 20)
    .option('--again', 'put every fault in again, also where neither code nor test has changed since', false),
);
if (!room && !files) refuse('write --room or --files');
const inRoom = room ? globSync([...rooms[room].mutate]) : globSync(files as string);
const chosen = inRoom.filter((file) => files === undefined || matchesGlob(file, files));
if (chosen.length === 0) refuse(room ? `no file of ${room} matches ${files}` : `no file matches ${files}`);

/** The tests that are asked about a file: those named, those of the room, or its own. */
function testsOf(file: string): string[] {
  if (tests) return globSync(tests);
  if (room) return globSync(rooms[room].tests.flatMap((name) => [`test/${name}.test.ts`, `test/${name}/**/*.test.ts`]));
  return globSync(namesake(file));
}

async function mutate(mutated: string[], testFiles: string[], name: string): Promise<void> {
  await new Stryker({
    // TypeScript 7 has no API to read its settings by, and they say nothing that a mutant needs.
    ...{ plugins: [import.meta.resolve('./mocha_runner.ts')], tsconfigFile: 'none' },
    ...{
      testRunner: 'mocha-again',
      mochaFiles: testFiles,
      mochaMilliseconds: seconds * 1000,
      coverageAnalysis: 'perTest',
    },
    ...{ concurrency: processes, mutate: mutated, tempDirName: '.mutants' },
    reporters: ['named'],
    // What was found before stands as long as neither the code nor its tests change.
    ...{ incremental: true, incrementalFile: `node_modules/.cache/mutants/${name}.json`, force: again },
    // A fault in what a module does while it is loaded takes a new process each, and is seen by whoever loads it.
    ...{ ignoreStatic: true, timeoutMS: 10_000, allowEmpty: true, cleanTempDir: 'always' },
    ignorePatterns: ['data', 'dist', 'coverage', '.conformance'],
  }).runMutationTest();
}

// What is killed in the middle of a test leaves nothing behind that is not gone with these databases.
await mochaGlobalSetup.call({ isParallelMode: () => true });
if (room) {
  const asked = testsOf('');
  if (asked.length === 0) refuse(`no file matches ${tests}`);
  await mutate(chosen, asked, room);
} else {
  for (const file of chosen) {
    const asked = testsOf(file);
    process.stdout.write(`\n${file}: ${asked.join(', ') || `no test is called ${namesake(file)}`}\n`);
    if (asked.length > 0) await mutate([file], asked, file.replaceAll('/', '.'));
  }
}
await mochaGlobalTeardown();
