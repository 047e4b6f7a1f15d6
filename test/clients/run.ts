import { Argument } from 'commander';

import { Resources } from '../../lib/resources.ts';
import { argumentsOf, commandLine } from '../support/command_line.ts';
import { audience, runJava } from './java.ts';
import { OutOfReach } from './prepared.ts';
import { clients, Development } from './stack.ts';

/** Built with Maven, which fetches what they are written with. */
const java = ['spring', 'quarkus'];

/** Runs the snippets that are named, or all: each obtains a token and shows it to the sample resource. */
const names = argumentsOf(
  commandLine('clients', 'runs the programs that `clients quickstart` prints').addArgument(
    new Argument('[names...]', 'which; all but those in Java (spring, quarkus) when left out').choices([
      ...Object.keys(clients),
      ...java,
    ]),
  ),
);

/** Runs one, and says whether it works; where its packages cannot be had, it says that, and nothing has failed. */
async function tell(name: string): Promise<void> {
  const printed = await server.run(name).catch((error: unknown) => {
    if (error instanceof OutOfReach) return error;
    throw error;
  });
  if (printed instanceof OutOfReach) return console.log(`ABSENT ${name}: ${printed.message}`);
  const works = printed.includes(`"client_id":"${clients[name]}"`);
  console.log(`${works ? 'works' : 'FAILS'}  ${name} as ${clients[name]}`);
  if (!works) process.exitCode = 1;
}

const server = await Development.start(`resources=[{"identifier":"${audience}","token":"jwt","signing_alg":"ES256"}]`);
const resources = new Resources();
try {
  const others = names.filter((name) => !java.includes(name));
  for (const name of names.length > 0 ? others : Object.keys(clients)) await tell(name);
  await runJava(names, server, resources);
} finally {
  await resources.close();
  await server.close();
}
