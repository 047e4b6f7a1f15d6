import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import http from 'node:http';
import https, { type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';

import { expect } from 'chai';

import { Running } from '../commands/cli.ts';
import { CertificateAuthority, type Issued } from '../support/certificates.ts';
import { everyonePort, FrontDoor, type Make, mtlsPort } from '../support/front_door.ts';
import { migratedDatabase, type TestDatabase } from '../support/postgres.ts';

// Of 127.0.0.0/8, all of which is this machine: a process has its own, and the ports may be those of the files.
const network = `127.${(process.pid % 200) + 20}.${Math.floor(process.pid / 200) % 250}`;
const door = `${network}.10`;
const nodes = [`${network}.11`, `${network}.12`] as const;
/** Linux connects to 127.0.0.0/8 from here, unless told otherwise. */
const proxyAddress = '127.0.0.1';
const stranger = `${network}.99`;

const names = { everyone: 'as.example.com', mtls: `mtls.as.example.com:${mtlsPort}` };
const dns = { san: [{ type: 'dns' as const, value: 'client.example.com' }] };
const push = {
  ...{
    client_id: 'bank-app',
    response_type: 'code',
    redirect_uri: 'https://app.example.com/callback',
    scope: 'openid',
  },
  ...{
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    state: 'x'.repeat(30),
  },
};

const nodeFile = (make: Make, host: string, ca: string, database: string) => `
issuer: https://${names.everyone}
development: true
listen: { host: ${host}, port: 3000 }
mtls: { url: "https://${names.mtls}", ca: ${ca}, crl: [${ca}.crl] }
proxy: { trusted: [${proxyAddress}], client_certificate: ${make} }
database: { url: "${database}" }
clients:
  - client_id: bank-app
    redirect_uris: [https://app.example.com/callback]
    grant_types: [authorization_code]
    scope: openid
    token_endpoint_auth_method: tls_client_auth
    tls_client_auth_san_dns: client.example.com
    tls_client_certificate_bound_access_tokens: true
`;

interface Sent extends Pick<RequestOptions, 'cert' | 'key'> {
  readonly headers?: OutgoingHttpHeaders;
  readonly port?: number;
}

async function answerTo(request: http.ClientRequest): Promise<{ status: number; body: string }> {
  request.end(new URLSearchParams(push).toString());
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: (await response.setEncoding('utf8').toArray()).join('') };
}

const form = { 'content-type': 'application/x-www-form-urlencoded' };

/** A push through the proxy. */
function pushed({ headers = {}, port = mtlsPort, ...tls }: Sent = {}) {
  const host = port === mtlsPort ? names.mtls : names.everyone;
  return answerTo(
    https.request({
      ...{ host: door, port, path: '/request', method: 'POST', agent: false, rejectUnauthorized: false },
      ...{ servername: host.split(':')[0], headers: { host, ...form, ...headers }, ...tls },
    }),
  );
}

/** A push past the proxy, to a node. */
function pushedTo(node: string, from: string, headers: OutgoingHttpHeaders) {
  const forwarded = { 'x-forwarded-proto': 'https', host: names.mtls, ...form };
  const to = { host: node, port: 3000, localAddress: from, path: '/request', method: 'POST', agent: false };
  return answerTo(http.request({ ...to, headers: { ...forwarded, ...headers } }));
}

/** What each proxy writes of a certificate. */
const written: Record<Make, (pem: string) => Record<string, string>> = {
  nginx: (pem) => ({ 'ssl-client-cert': encodeURIComponent(pem) }),
  haproxy: (pem) => ({ 'x-ssl-client-cert': new X509Certificate(pem).raw.toString('base64') }),
};

for (const make of ['nginx', 'haproxy'] as const) {
  describe(`config/proxy: ${make} in front of two nodes`, () => {
    let folder: string;
    let database: TestDatabase;
    let proxy: FrontDoor;
    let root: CertificateAuthority;
    let intermediate: CertificateAuthority;
    let client: Issued;
    let victim: Record<string, string>;
    const files: string[] = [];
    const running: Running[] = [];

    /** Writes the revocation lists that both nodes read. */
    const listed = async (revoked: string[] = []) => {
      const lists = [await root.revocationList(), await intermediate.revocationList({ revoked })];
      await writeFile(join(folder, 'ca.crt.crl'), lists.join('\n'));
    };

    const started = async (index: number) => {
      const node = new Running(['serve', '--config', files[index] ?? ''], { LOG_LEVEL: 'info' });
      running[index] = node;
      await node.prints(/Stop with/);
    };

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'proxy-'));
      database = await migratedDatabase();
      root = await CertificateAuthority.root();
      intermediate = await root.intermediate();
      client = await intermediate.issue(dns);
      victim = written[make](client.certificate);
      // nginx hands over no chain: its intermediates are configured, as its file says.
      const authorities = make === 'nginx' ? [root.certificate, intermediate.certificate] : [root.certificate];
      await writeFile(join(folder, 'ca.crt'), authorities.join('\n'));
      await listed();
      for (const [index, host] of nodes.entries()) {
        const file = join(folder, `node${index}.yaml`);
        await writeFile(file, nodeFile(make, host, join(folder, 'ca.crt'), database.url));
        files.push(file);
      }
      await Promise.all([started(0), started(1)]);
      const { cert, key } = await root.issue({ subject: `CN=${names.everyone}`, usages: null });
      proxy = await FrontDoor.open(make, { address: door, nodes, cert, key, authorities: root.certificate });
    });

    after(async () => {
      await proxy?.close();
      for (const node of running) node.process.kill('SIGTERM');
      for (const node of running) await node.ends();
      await database?.drop();
      await rm(folder, { recursive: true });
    });

    it('hands over the certificate of the client, and what is between it and its authority', async () => {
      const { status, body } = await pushed(client);
      expect(status, body).to.equal(201);
    });

    it('hands it over on a connection whose session is taken up again', async () => {
      let session: Buffer | undefined;
      for (let visit = 0; visit < 3; visit += 1) {
        const socket = connect({
          ...{ host: door, port: mtlsPort, rejectUnauthorized: false, servername: 'mtls.as.example.com' },
          ...{ cert: client.cert, key: client.key, ...(session ? { session } : {}) },
        });
        socket.on('session', (made) => {
          session = made;
        });
        await once(socket, 'secureConnect');
        const body = new URLSearchParams(push).toString();
        const head = `POST /request HTTP/1.1\r\nhost: ${names.mtls}\r\ncontent-type: ${form['content-type']}`;
        socket.write(`${head}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`);
        expect((await socket.setEncoding('utf8').toArray()).join(''), `visit ${visit}`).to.match(/^HTTP\/1.1 201/);
      }
    });

    it('hands over what the client proved, not what it wrote', async () => {
      const other = await root.issue({ san: [{ type: 'dns', value: 'other.example.com' }] });
      const spoofs: Sent[] = [
        {},
        { headers: victim },
        { headers: victim, port: everyonePort },
        { headers: { ...victim, 'X-Forwarded-Client-Cert': 'x', 'Client-Cert': 'x' } },
        { headers: victim, cert: other.cert, key: other.key },
        { headers: Object.fromEntries(Object.entries(victim).map(([name, value]) => [name, [value, value]])) },
        { headers: Object.fromEntries(Object.entries(victim).map(([name, value]) => [name.toUpperCase(), value])) },
      ];
      for (const [index, spoof] of spoofs.entries()) {
        const { status, body } = await pushed(spoof);
        expect(status, `spoof ${index}: ${body}`).to.equal(401);
        expect(JSON.parse(body)).to.include({ error: 'invalid_client' });
      }
    });

    it('is believed itself, once and as its format says, and nobody beside it', async () => {
      const chain =
        make === 'haproxy'
          ? {
              'x-ssl-client-cert-chain': client.chain
                .map((pem) => new X509Certificate(pem).raw.toString('base64'))
                .join(),
            }
          : {};
      expect((await pushedTo(nodes[0], proxyAddress, { ...victim, ...chain })).status).to.equal(201);
      expect((await pushedTo(nodes[0], stranger, { ...victim, ...chain })).status).to.be.oneOf([400, 401]);
      for (const [name, value] of Object.entries(victim)) {
        for (const wrong of [
          [value, value],
          value.slice(10),
          `${value}${value}`,
          `${value},${value}`,
          'x'.repeat(9000),
        ]) {
          const { status } = await pushedTo(nodes[0], proxyAddress, { ...chain, [name]: wrong });
          expect(status, `${wrong}`.slice(0, 50)).to.equal(401);
        }
      }
    });

    it('loses no request while both nodes are restarted, one after the other', async () => {
      const failed: string[] = [];
      let [sent, isOver] = [0, false];
      const customers = Array.from({ length: 3 }, async () => {
        for (; !isOver && sent < 100_000; sent += 1) {
          const { status, body } = await pushed(client).catch((error) => ({ status: 0, body: String(error) }));
          if (status !== 201) failed.push(`${status} ${body.slice(0, 200)}`);
          await delay(20);
        }
      });
      for (const index of [0, 1]) {
        running[index]?.process.kill('SIGTERM');
        await running[index]?.ends();
        await started(index);
        // HAProxy sends nobody to a node before its check has passed.
        await delay(2500);
      }
      isOver = true;
      await Promise.all(customers);
      expect(failed).to.deep.equal([]);
      expect(sent).to.be.greaterThan(20);
    });

    it('lets a client in until its authority revokes it, at both nodes and without a restart', async () => {
      await listed([client.certificate]);
      const refused = () => running.map(({ stderr }) => /"why":"it is revoked"/.test(stderr));
      // Files are looked at once a second, and a proxy of several workers gives each its own turns.
      for (let sent = 0; sent < 500 && refused().includes(false); sent += 1) {
        await pushed(client);
        await delay(20);
      }
      expect(refused()).to.deep.equal([true, true]);
      const answers = await Promise.all(Array.from({ length: 6 }, () => pushed(client)));
      expect(answers.map(({ status }) => status)).to.deep.equal(Array(6).fill(401));
    });
  });
}
