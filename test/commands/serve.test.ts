import { once } from 'node:events';
import { get, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect as connectTcp, createServer } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';

import { expect } from 'chai';

import { freePort } from '../../lib/demo/free_port.ts';
import { migratedDatabase, type TestDatabase } from '../support/postgres.ts';
import { anywhere, development, Running, run } from './cli.ts';

// The issuer stays the file's, whatever port was free.
const headers = { host: 'localhost:9443' };

describe('serve', () => {
  const started: Running[] = [];
  let database: TestDatabase;
  const served = () => ['serve', '--config', development, ...anywhere, '--set', `database.url=${database.url}`];
  const begin = (args: readonly string[], env?: NodeJS.ProcessEnv) => {
    const running = new Running(args, env);
    started.push(running);
    return running;
  };
  const start = (...more: string[]) => begin([...served(), ...more]);
  before(async () => {
    database = await migratedDatabase();
  });
  after(() => database?.drop());
  afterEach(() => {
    for (const { process } of started.splice(0)) process.kill('SIGKILL');
  });

  it('says where it listens, the discovery URL, the login, the clients, and what to try next', async () => {
    const running = begin(['serve', '--config', development, ...anywhere]);
    await running.prints(/Stop with/);

    expect(running.stdout).not.to.contain('WARNING');
    expect(running.stdout).to.match(/listening on +https:\/\/localhost:\d+$/m);
    expect(running.stdout).to.match(/mutual TLS on +https:\/\/localhost:\d+$/m);
    expect(running.stdout).to.contain('https://localhost:9443/.well-known/openid-configuration');
    expect(running.stdout).to.match(/log in as +demo, password demo$/m);
    for (const auth of ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth']) {
      for (const bound of ['dpop', 'mtls']) expect(running.stdout).to.contain(`${auth}-${bound}`);
    }
    expect(running.stdout).to.contain('npm run demo');
  });

  it('warns first of all when development is on an address that other machines reach', async () => {
    const running = start('--set', 'listen.host=0.0.0.0', '--set', 'dangerously_expose_development=true');
    await running.prints(/Stop with/);

    expect(running.stdout.trim()).to.match(/^WARNING +0\.0\.0\.0 is reached by other machines/);
    expect(running.stdout).to.contain('log in with the passwords below');
  });

  it('answers a request that is under way when it is told to stop, then exits with 0', async () => {
    const running = start();
    const url = await running.prints(/listening on +(\S+)/);
    const push = request(new URL('/request', url), {
      method: 'POST',
      rejectUnauthorized: false,
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded', 'content-length': 22 },
    });
    const answered = once(push, 'response');
    push.write('client_id=n');
    await once(push, 'socket').then(([socket]) => socket.connecting && once(socket, 'secureConnect'));
    await reads(url);

    running.process.kill('SIGTERM');
    await running.prints(/SIGTERM: answering what is under way/);
    push.end('obody&x=yyy');
    const [response] = await answered;
    response.resume();

    expect(response.statusCode).to.equal(401);
    expect((await running.ends()).code).to.equal(0);
  });

  it('a client that hangs up in the middle of a request is not logged as an error', async () => {
    const running = begin(served(), { LOG_LEVEL: 'info' });
    const { hostname: host, port } = new URL(await running.prints(/listening on +(\S+)/));
    const forms = ['Content-Length: 9\r\n\r\na', 'Transfer-Encoding: chunked\r\n\r\n9\r\na'];
    for (const form of forms) {
      const client = connect({ host, port: Number(port), rejectUnauthorized: false });
      await once(client, 'secureConnect');
      // The server is killed at the end of the test.
      client.on('error', () => {});
      client.end(
        `POST /request HTTP/1.1\r\nHost: ${headers.host}\r\nContent-Type: application/x-www-form-urlencoded\r\n${form}`,
      );
    }
    await running.complains(/(the client hung up.*){2}/s);
    expect(running.stderr).not.to.match(/"level":50|"stack"/);
  });

  it('stops although a connection is kept, says nothing, or stops in the middle of its request', async () => {
    const running = start();
    const { hostname: host, port } = new URL(await running.prints(/listening on +(\S+)/));
    const line = `Host: ${headers.host}\r\n`;
    const half = `POST /request HTTP/1.1\r\n${line}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na`;
    const clients = ['', 'POST /requ', half].map((said) => {
      const client = connect({ host, port: Number(port), rejectUnauthorized: false });
      client.on('error', () => {}).once('secureConnect', () => client.write(said));
      return client;
    });
    const handshakeless = connectTcp(Number(port), host).on('error', () => {});
    await Promise.all([...clients.map((client) => once(client, 'secureConnect')), once(handshakeless, 'connect')]);
    await reads(`https://${host}:${port}`);

    running.process.kill('SIGTERM');
    await running.prints(/SIGTERM: answering what is under way/);
    // Under way, so it is answered; its connection would be kept for another minute.
    clients[2]?.write('=b');
    const [answer] = await once(clients[2] as TLSSocket, 'data');

    expect(String(answer)).to.match(/^HTTP\/1.1 40/);
    expect((await running.ends()).code).to.equal(0);
  });

  it('a database that is away is one line that says which and why, without its password, and exit code 1', async () => {
    const port = await freePort();

    const away = `database.url=postgres://me:s3cret@127.0.0.1:${port}/oidc`;
    const { code, stdout, stderr } = await run(['serve', '--config', development, '--set', away], { alone: true });

    expect(code).to.equal(1);
    expect(stdout).to.equal('');
    expect(stderr.trim().split('\n')).to.have.length(1);
    expect(stderr).to.contain(`postgres://127.0.0.1:${port}/oidc`).and.to.contain('ECONNREFUSED');
    expect(stderr).not.to.contain('s3cret');
  });

  it('a port that is taken is one line, and exit code 1', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;

    const { code, stderr } = await run([...served(), '--set', `listen.port=${port}`], { alone: true });
    server.close();

    expect(code).to.equal(1);
    expect(stderr.trim().split('\n')).to.have.length(1);
    expect(stderr).to.match(new RegExp(`^oidc-provider-fapi: cannot listen on localhost:${port}: EADDRINUSE`));
  });
});

/** Only what a server has begun to read is under way: it answers this after what was sent before. */
async function reads(url: string): Promise<void> {
  const [answer] = await once(
    get(new URL('/jwks', url), { agent: false, rejectUnauthorized: false, headers }),
    'response',
  );
  answer.resume();
}
