#!/usr/bin/env node
import module from 'node:module';

// Before the program is loaded: half of a start is compiling what was compiled the last time.
module.enableCompileCache?.();

const { runCommandLine } = await import('./command_line.ts');
await runCommandLine(process.argv);
