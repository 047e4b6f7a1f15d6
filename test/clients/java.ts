import { execFile, spawn } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import * as openid from 'openid-client';

import { authorize, Browser } from '../../lib/demo/browser.ts';
import { type Client, sampleClient, type Ways } from '../../lib/demo/client.ts';
import { httpsFetch } from '../../lib/http/https_fetch.ts';
import type { Resources } from '../../lib/resources.ts';
import { ended } from '../support/ended.ts';
import { person, signIn } from './sign_in.ts';
import type { Development } from './stack.ts';

const execute = promisify(execFile);

/** The resource the tokens are for, as config/quickstart/spring.yaml.eta has it. */
export const audience = 'https://api.example.com';

/** Builds a project of this folder with Maven. @returns the folder it was built in */
async function built(name: string, server: Development): Promise<string> {
  const folder = join(server.folder, name);
  await cp(join('test/clients', name), folder, { recursive: true });
  await execute('mvn', ['-q', '-B', 'package'], { cwd: folder, timeout: 900_000 }).catch((error) => {
    throw new Error(`mvn package of ${name}: ${error.stdout}${error.stderr}`);
  });
  return folder;
}

/** Starts a program of Java that trusts the server's authority. @returns the port it says it listens on, and what it says */
async function started(args: readonly string[], listens: RegExp, server: Development, resources: Resources) {
  const trust = [
    `-Djavax.net.ssl.trustStore=${join(server.folder, 'data/tls/authority.p12')}`,
    '-Djavax.net.ssl.trustStorePassword=development',
  ];
  const child = spawn('java', [...trust, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  resources.add(child, () => ended(child));
  let printed = '';
  return new Promise<{ port: string; said: () => string }>((resolve, reject) => {
    const fail = () => reject(new Error(`java ${args.join(' ')} does not listen: ${printed.slice(-4000)}`));
    const late = setTimeout(fail, 180_000);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        printed = (printed + chunk).slice(-20_000);
        const [, port] = listens.exec(printed) ?? [];
        if (!port) return;
        clearTimeout(late);
        resolve({ port, said: () => printed });
      });
    }
    child.once('exit', fail);
  });
}

const spring = /Tomcat started on port (\d+)/;

/** Spring Boot as a client: the printed file, and the code of this folder. */
async function springClient(jar: string, file: string, server: Development, resources: Resources): Promise<void> {
  const { port, said } = await started(
    [
      ...['-jar', jar, '--spring.profiles.active=client', `--spring.config.additional-location=file:${file}`],
      ...['--server.address=127.0.0.1', '--server.port=0', `--fapi.resource=${server.config.mtls?.url}/resource`],
      '--spring.security.oauth2.client.registration.fapi.redirect-uri={baseUrl}/callback',
    ],
    spring,
    server,
    resources,
  );
  const page = await signIn(`http://127.0.0.1:${port}/oauth2/authorization/fapi`, server.config);
  tell(page.includes('"client_id":"private_key_jwt-mtls"'), 'spring as client', page + said());
}

/** A token for the resource, and everything to show it with. */
async function tokenOf(ways: Ways, { config }: Development) {
  const mtls = `${config.mtls?.url}`;
  const target = { config, issuer: config.issuer, mtls, profile: config.profile, where: '' };
  const sample: Client = await sampleClient({ ...target, unverified: [config.issuer, mtls] }, ways);
  const client = await sample.discover();
  const DPoP = openid.getDPoPHandle(client, await openid.randomDPoPKeyPair('ES256'));
  const options = ways.sender_constrain === 'dpop' ? { DPoP } : {};
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const parameters = {
    redirect_uri: sample.redirectUri,
    scope: 'openid',
    resource: audience,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  };
  const url = await openid.buildAuthorizationUrlWithPAR(client, parameters, options);
  const browser = new Browser(httpsFetch({ unverified: [config.issuer] }));
  const back = (await authorize(browser, url, person)).url;
  const { access_token } = await openid.authorizationCodeGrant(
    client,
    back,
    { pkceCodeVerifier },
    { resource: audience },
    options,
  );
  return { sample, client, access_token, options };
}

/** Spring Boot as a resource server takes a token with what it is bound to, and not without it. */
async function springResource(jar: string, file: string, server: Development, resources: Resources): Promise<void> {
  const pem = join(server.folder, 'data/tls/server.pem');
  const clients = join(server.folder, 'clients.pem');
  const certificates = await Promise.all(
    ['ca', 'self_signed'].map((name) => readFile(`config/sample/${name}.crt`, 'utf8')),
  );
  await writeFile(clients, certificates.join('\n'));
  const bundle = '--spring.ssl.bundle.pem.server';
  const { port } = await started(
    [
      ...['-jar', jar, '--spring.profiles.active=resource', `--spring.config.additional-location=file:${file}`],
      ...['--server.port=0', '--server.ssl.bundle=server', '--server.ssl.client-auth=want'],
      ...[`${bundle}.keystore.certificate=file:${pem}`, `${bundle}.keystore.private-key=file:${pem}`],
      `${bundle}.truststore.certificate=file:${clients}`,
    ],
    spring,
    server,
    resources,
  );
  const url = `https://localhost:${port}/resource`;
  const nobody = httpsFetch({ unverified: [new URL(url).origin] });
  const by = (fetch: typeof nobody, authorization: string) => fetch(url, { headers: { authorization } });

  const dpop = await tokenOf({ client_auth: 'private_key_jwt', sender_constrain: 'dpop' }, server);
  const shown = async (options: openid.DPoPOptions) => {
    const { client, access_token } = dpop;
    client[openid.customFetch] = nobody as openid.CustomFetch;
    return openid
      .fetchProtectedResource(client, access_token, new URL(url), 'GET', null, undefined, options)
      .then(({ status }) => status)
      .catch((error: openid.WWWAuthenticateChallengeError) => error.status);
  };
  const other = { DPoP: openid.getDPoPHandle(dpop.client, await openid.randomDPoPKeyPair('ES256')) };
  expectStatus('spring, DPoP, with its key', await shown(dpop.options), 200);
  expectStatus('spring, DPoP, with another key', await shown(other), 401);
  expectStatus('spring, DPoP, as Bearer', (await by(nobody, `Bearer ${dpop.access_token}`)).status, 401);
  expectStatus('spring, DPoP, without a proof', (await by(nobody, `DPoP ${dpop.access_token}`)).status, 401);

  const { sample, access_token } = await tokenOf({ client_auth: 'tls_client_auth', sender_constrain: 'mtls' }, server);
  const certificate = { key: await readFile('config/sample/client.key', 'utf8') };
  const showing = async (name: string) =>
    httpsFetch({
      ...certificate,
      cert: await readFile(`config/sample/${name}.crt`, 'utf8'),
      unverified: [new URL(url).origin],
    });
  const bearer = `Bearer ${access_token}`;
  expectStatus(`spring, ${sample.client_id}, own certificate`, (await by(await showing('client'), bearer)).status, 200);
  expectStatus('spring, another certificate', (await by(await showing('self_signed'), bearer)).status, 401);
  expectStatus('spring, no certificate', (await by(nobody, bearer)).status, 401);
}

/** Quarkus as a client, by the printed file alone. */
async function quarkusClient(folder: string, properties: string, server: Development, resources: Resources) {
  const file = join(folder, 'application.properties');
  await writeFile(file, properties);
  const { port, said } = await started(
    [
      ...[
        `-Dquarkus.config.locations=${file}`,
        '-Dquarkus.http.host=127.0.0.1',
        '-Dquarkus.oidc.connection-timeout=60s',
        '-Dquarkus.http.port=0',
      ],
      ...['-jar', join(folder, 'target/quarkus-app/quarkus-run.jar')],
    ],
    /Listening on: http:\/\/127\.0\.0\.1:(\d+)/,
    server,
    resources,
  );
  const page = await signIn(`http://127.0.0.1:${port}/`, server.config);
  tell(/^signed in as account\S+, access token of \d+ characters/.test(page), 'quarkus as client', page + said());
}

function tell(works: boolean, what: string, otherwise: string): void {
  console.log(`${works ? 'works' : 'FAILS'}  ${what}${works ? '' : `: ${otherwise.slice(0, 8000)}`}`);
  if (!works) process.exitCode = 1;
}

const expectStatus = (what: string, status: number, expected: number) =>
  tell(status === expected, `${what}: ${expected}`, `${status}`);

/** Runs what is written in Java. @param names spring, quarkus, or both */
export async function runJava(names: readonly string[], server: Development, resources: Resources): Promise<void> {
  if (names.includes('spring')) {
    const jar = join(await built('spring', server), 'target/application.jar');
    const file = join(server.folder, 'application.yaml');
    await writeFile(file, server.printed('spring', 'private_key_jwt-mtls'));
    await springClient(jar, file, server, resources);
    await springResource(jar, file, server, resources);
  }
  if (names.includes('quarkus')) {
    const folder = await built('quarkus', server);
    await quarkusClient(folder, server.printed('quarkus', 'private_key_jwt-mtls'), server, resources);
  }
}
