import { randomUUID, X509Certificate } from 'node:crypto';

import { expect } from 'chai';
import Koa from 'koa';
import { type Configuration, type KoaContextWithOIDC, Provider } from 'oidc-provider';

import { type AcceptCertificate, mutualTls } from '../../lib/certificates/client_certificate.ts';
import { readCertificates } from '../../lib/certificates/pem.ts';
import { selfSigned } from '../../lib/server/development_certificate.ts';
import { mutualTlsOptions } from '../../lib/server/tls.ts';
import {
  CertificateAuthority,
  type CertificateRequest,
  type Issued,
  rsa,
  selfSignedClient,
} from '../support/certificates.ts';
import { type Listener, listen } from '../support/listener.ts';

const hour = 60 * 60 * 1000;
const expired = { notAfter: new Date(Date.now() - hour) };
const notYetValid = { notBefore: new Date(Date.now() + hour) };
const weak = { algorithm: rsa(1024) };

describe('RFC8705-2 client authentication with a certificate at the push endpoint', () => {
  let root: CertificateAuthority;
  let stranger: CertificateAuthority;
  let registered: Issued;
  let unusable: Record<'expired' | 'notYetValid' | 'weak', Issued>;
  let provider: Provider;
  let listener: Listener;

  const subjects = {
    tls_client_auth_subject_dn: 'CN=client,O=Bank\\, AB,C=SE',
    tls_client_auth_san_dns: 'client.example.com',
    tls_client_auth_san_uri: 'urn:example:client',
    tls_client_auth_san_ip: '2001:db8::7',
    tls_client_auth_san_email: 'client@example.com',
  };
  const names: CertificateRequest = {
    subject: [{ C: ['SE'] }, { O: ['Bank, AB'] }, { CN: ['client'] }],
    san: [
      { type: 'dns', value: 'client.example.com' },
      { type: 'url', value: 'urn:example:client' },
      { type: 'ip', value: '2001:db8:0::7' },
      { type: 'email', value: 'client@example.com' },
    ],
  };

  const common = { redirect_uris: ['https://rp.example.com/cb'], tls_client_certificate_bound_access_tokens: true };

  const selfSignedMetadata = (client_id: string, { certificate }: Issued) => {
    const { raw, publicKey } = new X509Certificate(certificate);
    const jwk = { ...publicKey.export({ format: 'jwk' }), x5c: [raw.toString('base64')] };
    return { ...common, client_id, token_endpoint_auth_method: 'self_signed_tls_client_auth', jwks: { keys: [jwk] } };
  };

  before(async () => {
    [root, stranger] = await Promise.all([CertificateAuthority.root(), CertificateAuthority.root()]);
    registered = await selfSignedClient();
    unusable = {
      expired: await selfSignedClient(expired),
      notYetValid: await selfSignedClient(notYetValid),
      weak: await selfSignedClient(weak),
    };
    const clients = [
      ...Object.entries(subjects).map(([property, value]) => ({
        ...common,
        client_id: property,
        token_endpoint_auth_method: 'tls_client_auth',
        [property]: value,
      })),
      selfSignedMetadata('self_signed', registered),
      ...Object.entries(unusable).map(([name, issued]) => selfSignedMetadata(name, issued)),
    ];
    provider = new Provider('https://as.example.com', {
      clients: clients as NonNullable<Configuration['clients']>,
      clientAuthMethods: ['tls_client_auth', 'self_signed_tls_client_auth'],
      cookies: { keys: ['of the test'] },
      features: {
        devInteractions: { enabled: false },
        mTLS: {
          enabled: true,
          certificateBoundAccessTokens: true,
          tlsClientAuth: true,
          selfSignedTlsClientAuth: true,
          ...mutualTls({ authorities: readCertificates(root.certificate) }),
        },
      },
    });
    listener = await listen(provider, mutualTlsOptions(await selfSigned(['localhost'])));
  });

  after(() => listener.close());

  async function push(client_id: string, issued?: Issued) {
    const body = new URLSearchParams({
      ...{ client_id, response_type: 'code', scope: 'openid', redirect_uri: 'https://rp.example.com/cb' },
      ...{ state: randomUUID(), code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
    });
    const tls = issued && { cert: issued.cert, key: issued.key, ciphers: 'DEFAULT:@SECLEVEL=0' };
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return listener.ask('/request', { method: 'POST', headers, body: body.toString(), ...tls });
  }

  describe('accept(), which can only refuse', () => {
    const asked = (accept: AcceptCertificate) => {
      const hooks = mutualTls({ authorities: readCertificates(root.certificate), accept });
      const app = new Koa().use((ctx) => {
        const oidc = { req: ctx.req, oidc: { client: { clientId: 'client' } } } as unknown as KoaContextWithOIDC;
        ctx.body = { found: !!hooks.getCertificate(oidc), authorized: hooks.certificateAuthorized(oidc) };
      });
      return async (issued: Issued) => {
        const resource = await listen(app, mutualTlsOptions(await selfSigned(['localhost'])));
        const { body } = await resource.ask('/', { cert: issued.cert, key: issued.key });
        await resource.close();
        return body;
      };
    };

    it('is asked with the certificate and the client', async () => {
      const issued = await root.issue();
      const seen: unknown[] = [];
      const answer = await asked(
        (_ctx, certificate, client) => !!seen.push(certificate.serialNumber, client?.clientId),
      )(issued);
      expect(answer).to.deep.equal({ found: true, authorized: true });
      expect(seen).to.deep.equal([new X509Certificate(issued.certificate).serialNumber, 'client']);
    });

    it('makes no authority of a stranger', async () =>
      expect(await asked(() => true)(await stranger.issue())).to.deep.equal({ found: true, authorized: false }));

    const refusing = {
      false: () => false,
      'a promise': (async () => true) as never,
      'something true that is not true': (() => 1) as never,
      'an error': () => {
        throw new Error('of the deployment');
      },
    };
    for (const [what, accept] of Object.entries(refusing)) {
      it(`refuses by ${what}`, async () => expect((await asked(accept)(await root.issue())).found).to.equal(false));
    }
  });

  async function refused(client_id: string, issued?: Issued) {
    const { status, body } = await push(client_id, issued);
    expect(body).to.deep.equal({ error: 'invalid_client', error_description: 'client authentication failed' });
    expect(status).to.equal(401);
  }

  describe('RFC8705-2.1 tls_client_auth', () => {
    for (const property of Object.keys(subjects)) {
      it(`takes the certificate that ${property} names`, async () =>
        expect((await push(property, await root.issue(names))).status).to.equal(201));

      it(`refuses the certificate that ${property} does not name`, async () =>
        refused(property, await root.issue({ subject: 'CN=client' })));
    }

    it('takes one whose chain has an intermediate', async () => {
      const issued = await (await root.intermediate()).issue(names);
      expect((await push('tls_client_auth_subject_dn', issued)).status).to.equal(201);
    });

    it('refuses none', async () => refused('tls_client_auth_subject_dn'));
    it('refuses one of another authority', async () =>
      refused('tls_client_auth_subject_dn', await stranger.issue(names)));
    it('refuses a self-signed one', async () => refused('tls_client_auth_subject_dn', await selfSignedClient(names)));
    for (const [what, request] of Object.entries({ expired, notYetValid, weak })) {
      it(`refuses one that is ${what}`, async () =>
        refused('tls_client_auth_subject_dn', await root.issue({ ...names, ...request })));
    }
  });

  describe('RFC8705-2.2 self_signed_tls_client_auth', () => {
    it('takes the certificate in the jwks', async () =>
      expect((await push('self_signed', registered)).status).to.equal(201));
    it('refuses another of the same name', async () => refused('self_signed', await selfSignedClient()));
    it('refuses none', async () => refused('self_signed'));
    for (const what of ['expired', 'notYetValid', 'weak'] as const) {
      it(`refuses the one in the jwks when it is ${what}`, async () => refused(what, unusable[what]));
    }
  });
});
