import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';

import { jsonSchema } from '../../lib/config/load.ts';
import { commandLine, optionsOf } from './command_line.ts';

// Writes config/config.schema.json out of the schema.
const file = 'config/config.schema.json';
optionsOf(commandLine('schema', `write ${file} out of the schema of the configuration file`));
await writeFile(file, JSON.stringify(jsonSchema()));
execFileSync('biome', ['format', '--write', file], { stdio: 'inherit' });
