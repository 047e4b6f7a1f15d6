import type { Readable, Writable } from 'node:stream';

import { Command, Option } from 'commander';

import type { Config } from '../config/load.ts';
import { foreignCast, ownCast } from '../demo/cast.ts';
import type { Ways } from '../demo/client.ts';
import { flow } from '../demo/flow.ts';
import { misuse } from '../demo/misuse.ts';
import { Narrator } from '../demo/narrator.ts';
import { Scene } from '../demo/scene.ts';
import { Screen } from '../demo/screen.ts';
import { defaultPort, startWeb } from '../demo/web/start.ts';
import { OperationalError, UsageError } from '../errors.ts';
import { confidential } from '../fapi/client_auth.ts';
import { plainProfiles, profiles } from '../profiles/profiles.ts';
import { Resources } from '../resources.ts';
import { firstSignal, tellStop } from './serve.ts';

export const summary = 'drive a whole flow with a real client library, each step explained';

interface Options {
  readonly clientAuth: Ways['client_auth'];
  readonly senderConstrain: Ways['sender_constrain'];
  readonly profile?: Config['profile'];
  readonly issuer?: string;
  readonly client?: string;
  readonly ca?: string;
  readonly database?: string;
  readonly verbose: boolean;
  readonly web: boolean;
  readonly port: string;
}

const command = () =>
  new Command('npx oidc-provider-fapi demo')
    .description(summary)
    .exitOverride()
    .addOption(
      new Option('--client-auth <method>', 'how the client authenticates')
        .choices(confidential)
        .default('private_key_jwt'),
    )
    .addOption(
      new Option('--sender-constrain <method>', 'what access tokens are bound by')
        .choices(['dpop', 'mtls'])
        .default('dpop'),
    )
    .addOption(
      new Option('--profile <name>', 'the profile (default: that of the provider that runs)').choices(plainProfiles),
    )
    .option('--issuer <url>', 'the provider, one of config/development.yaml (default: who answers there, or its own)')
    .option(
      '--client <file>',
      'with --issuer: a client of a provider of any make, JSON: client_id, jwk, redirect_uri, scope, and cert, key, resource, parameters where there are any; you log in with your own browser',
    )
    .option('--ca <file>', 'with --client: the certificate authority of the provider, PEM')
    .option('--database <url>', 'start a provider on this database, whoever runs')
    .option('--web', 'an app to look at in a browser: sign in, see accounts, pay, and what was sent where', false)
    .option('--port <port>', 'where the app of --web is', `${defaultPort}`)
    .option('--verbose', 'everything that is sent and received, JWTs in full', false)
    .addHelpText(
      'after',
      `
For example:
  npm run demo
  npm run demo -- --web
  npm run demo -- --issuer https://as.example.com --client client.json
  npm run demo -- --client-auth tls_client_auth --sender-constrain mtls --profile fapi2-message-signing
`,
    );

function screenOf({ verbose }: Options, out: Writable): Screen {
  const terminal = out === process.stdout && process.stdout.isTTY ? process.stdout : undefined;
  return new Screen({
    verbose,
    colours: terminal?.hasColors() === true,
    width: Math.min(terminal?.columns ?? 120, 120),
    write: (text) => out.write(text),
  });
}

/** Tells a whole flow, with what is refused at its end. */
async function tell(options: Options, resources: Resources, out: Writable, input: Readable): Promise<void> {
  const screen = screenOf(options, out);
  const ways: Ways = { client_auth: options.clientAuth, sender_constrain: options.senderConstrain };
  const { target, client, visitor, resource, file } = await (options.client
    ? foreignCast(options, ways, resources, { input, say: (text) => screen.line(text) })
    : ownCast(options, ways, resources));
  const profile = profiles[target.profile]({ mtls: { url: target.mtls } });
  screen.line(
    screen.style('bold', '\nA whole flow, by a client library that knows nothing of this server but its address\n'),
  );
  screen.fields(
    [
      ['provider', `${target.issuer}, ${target.where}`],
      ['profile', profile.name],
      ['client', `${client.client_id} of ${file}, by openid-client`],
      ['shown', '→ sent, ← received, ✔ the clause it serves; of secrets only the first characters'],
    ],
    '    ',
  );
  const narrator = new Narrator(screen, [client.wire, client.stranger], profile, options.client !== undefined);
  const scene = new Scene(narrator, client, visitor, resource);
  for (const act of flow) await act(scene);
  screen.heading('Now what must not work');
  for (const act of misuse) await act(scene);
  const { steps, refusals, unrefused } = narrator.told;
  if (unrefused.length > 0) throw new OperationalError(`${target.issuer} did not refuse: ${unrefused.join('; ')}`);
  screen.line(screen.style(['bold', 'green'], `\n✔ ${steps} steps, ${refusals} of them refused: all as told\n`));
}

/** Serves the app until told to stop. */
async function showWeb({ port, verbose }: Options, resources: Resources): Promise<void> {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new UsageError(`--port ${port} is none, write 0 to 65535`);
  const web = await startWeb({ port: Number(port), folder: 'data/tls', verbose }, resources);
  // Whoever reads this may send a signal at once.
  const told = firstSignal();
  console.log(`
  A small bank to look at

  open          ${web.url}
  log in as     demo, password demo
  the bank is   ${web.issuer}, ${web.where}
  trust         ${web.authority}
                or have the browser go on where it warns, once for the app and once for the bank

Stop with Ctrl-C.
`);
  tellStop(await told);
}

/** Runs the demo. It fails where anything goes another way than it is told, also where a refusal does not come. */
export async function run(
  args: readonly string[],
  out: Writable = process.stdout,
  input: Readable = process.stdin,
): Promise<void> {
  const parsed = command().parse(args, { from: 'user' });
  const resources = new Resources();
  try {
    const options = parsed.opts<Options>();
    await (options.web ? showWeb(options, resources) : tell(options, resources, out, input));
  } catch (error) {
    if (error instanceof OperationalError || error instanceof UsageError || !(error instanceof Error)) throw error;
    throw new OperationalError(`the demo did not go as told: ${error.message}`, { cause: error });
  } finally {
    await resources.close();
  }
}
