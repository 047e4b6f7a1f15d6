#!/usr/bin/env node
import module from 'node:module';

import { CommanderError } from 'commander';

import { ConfigError, OperationalError } from './errors.ts';

// Before the program is loaded: half of a start is compiling what was compiled the last time.
module.enableCompileCache?.();
const { name, program } = await import('./program.ts');

/** 2: what was asked for is wrong; 1: it could not be done; 0: it was done. */
function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigError) {
    console.error(error.message);
    return 2;
  }
  console.error(error instanceof OperationalError ? `${name}: ${error.message}` : error);
  return 1;
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCode(error);
}
