import { Argument } from 'commander';

import { argumentsOf, commandLine } from '../support/command_line.ts';
import { clients, Development } from './stack.ts';

/** Runs the snippets that are named, or all: each obtains a token and shows it to the sample resource. */
const names = argumentsOf(
  commandLine('clients', 'runs the programs that `clients quickstart` prints').addArgument(
    new Argument('[names...]', 'which; all of them when left out').choices(Object.keys(clients)),
  ),
);
const server = await Development.start();
try {
  for (const name of names.length > 0 ? names : Object.keys(clients)) {
    const printed = await server.run(name);
    const works = printed.includes(`"client_id":"${clients[name]}"`);
    console.log(`${works ? 'works' : 'FAILS'}  ${name} as ${clients[name]}`);
    if (!works) process.exitCode = 1;
  }
} finally {
  await server.close();
}
