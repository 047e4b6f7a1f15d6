import '../support/mocha.ts';

import { Writable } from 'node:stream';

import { expect } from 'chai';

import { run } from '../../lib/commands/demo.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { freePort } from '../../lib/demo/free_port.ts';
import { Narrator, UnexpectedError } from '../../lib/demo/narrator.ts';
import { Recorder } from '../../lib/demo/recorder.ts';
import { Screen } from '../../lib/demo/screen.ts';
import { OperationalError } from '../../lib/errors.ts';
import { httpsFetch } from '../../lib/http/https_fetch.ts';
import { fapi2SecurityProfile } from '../../lib/profiles/fapi2_security_profile.ts';
import { Resources } from '../../lib/resources.ts';
import { type RunningServer, startServer } from '../../lib/server/server.ts';
import { run as command } from '../commands/cli.ts';
import type { Finished } from '../support/program.ts';
import { clientAuths, senderConstrains } from './clients.ts';
import { placed } from './server.ts';

async function development(profile: string, resources: Resources): Promise<RunningServer> {
  const set = [...(await placed(resources)), `profile=${profile}`];
  const server = await startServer(await loadConfig('config/development.yaml', { set }));
  return resources.add(server, ({ close }) => close());
}

async function told(...args: string[]): Promise<string> {
  let text = '';
  const out = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  await run(args, out);
  return text;
}

async function failure(act: Promise<unknown>): Promise<unknown> {
  return act.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('npm run demo', () => {
  for (const profile of ['fapi2-security-profile', 'fapi2-message-signing']) {
    describe(profile, () => {
      const resources = new Resources();
      let server: RunningServer;
      before(async () => {
        server = await development(profile, resources);
      });
      after(() => resources.close());

      for (const clientAuth of clientAuths) {
        for (const senderConstrain of senderConstrains) {
          it(`tells a whole flow: ${clientAuth}, ${senderConstrain}`, async () => {
            const ways = ['--client-auth', clientAuth, '--sender-constrain', senderConstrain];
            const text = await told('--issuer', server.issuer, ...ways);
            for (const title of ['pushes its request', 'The person decides', 'The same request_uri again']) {
              expect(text).to.include(title);
            }
            expect(text).to.match(/\d+ steps, [56] of them refused: all as told/);
            expect(text, 'each clause in its own words').to.match(/✔ FAPI2-SP-FINAL-5\.3\.2\.2-9 +shall reject/);
          });
        }
      }

      it('says so when another profile is asked for than is there', async () => {
        const other = profile === 'fapi2-security-profile' ? 'fapi2-message-signing' : 'fapi2-security-profile';
        expect(await failure(told('--issuer', server.issuer, '--profile', other)))
          .to.be.instanceOf(OperationalError)
          .with.property('message', `${server.issuer} runs ${profile}, not ${other}`);
      });

      it('shows no secret, however much it shows', async () => {
        const text = await told('--issuer', server.issuer, '--verbose');
        // Codes, tokens and references have 43 characters, proofs and assertions more; so has the hash of the pages' style.
        const long = text.replace(/'sha256-[^']+'/g, '').match(/[\w-]{43,}/g) ?? [];
        expect(long.filter((word) => !/^[a-z_]+$/.test(word))).to.deep.equal([]);
        expect(text).to.include('set-cookie');
      });
    });
  }

  it('starts a provider of its own where none is asked for', async () => {
    expect(await told('--database', 'pglite:')).to.include('started for this, in memory');
  });

  it('is a command: 0 when all went as told, 1 when not, 2 when it was asked for something else', async () => {
    const nobody = `https://localhost:${await freePort()}`;
    const commands = [
      ['demo', '--help'],
      ['demo', '--issuer', nobody],
      ['demo', '--client-auth', 'none'],
    ];
    const ended: Finished[] = [];
    for (const args of commands) ended.push(await command(args));
    expect(ended.map(({ code }) => code)).to.deep.equal([0, 1, 2]);
    expect(ended[0]?.stdout).to.include('--sender-constrain');
    expect(ended[1]?.stderr).to.equal(`oidc-provider-fapi: no provider answers at ${nobody}\n`);
    expect(ended[2]?.stderr).to.include('private_key_jwt, tls_client_auth, self_signed_tls_client_auth');
  });

  it('says that nobody answers at the issuer it was given', async () => {
    const nobody = `https://localhost:${await freePort()}`;
    expect(await failure(told('--issuer', nobody)))
      .to.be.instanceOf(OperationalError)
      .with.property('message', `no provider answers at ${nobody}`);
  });

  it('fails where something that has to be refused is not', async () => {
    const resources = new Resources();
    try {
      const server = await development('fapi2-security-profile', resources);
      const wire = new Recorder(httpsFetch({ unverified: [server.issuer] }));
      const screen = new Screen({ verbose: false, colours: false, width: 80, write: () => {} });
      const narrator = new Narrator(screen, [wire], fapi2SecurityProfile());
      const step = { title: 'Discovery', why: 'It is there for everyone.', clauses: [] };
      const granted = () => wire.fetch(`${server.issuer}/.well-known/openid-configuration`);
      expect(await failure(narrator.refused(step, 'access_denied', granted))).to.be.instanceOf(UnexpectedError);
    } finally {
      await resources.close();
    }
  });
});
