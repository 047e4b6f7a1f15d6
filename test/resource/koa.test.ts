import { randomUUID, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';

import { expect } from 'chai';

import { selfSignedClient } from '../support/certificates.ts';
import { sha256 } from '../support/jwt.ts';
import { audience, expectRefusal, Holder, ProtectedResource, path } from '../support/protected_resource.ts';

const thumbprint = (certificate: string) => sha256(new X509Certificate(certificate).raw);

describe('FAPI 2.0 Security Profile 5.3.4: a protected resource', () => {
  let resource: ProtectedResource;
  let holder: Holder;

  before(async () => {
    resource = await ProtectedResource.open();
    holder = await resource.holder();
  });

  after(() => resource.close());

  describe('takes a token', () => {
    for (const scheme of ['DPoP', 'dpop', 'dpOp', 'DPOP']) {
      it(`FAPI2-SP-FINAL-5.3.4-1 in the Authorization header as ${scheme}`, async () => {
        const headers = { authorization: `${scheme} ${holder.token}`, dpop: await holder.proof() };
        const { status, body } = await resource.ask(headers);
        expect(status).to.equal(200);
        expect(body).to.include({ client_id: 'client', sub: 'alice', scope: 'openid accounts' });
      });
    }

    for (const scheme of ['Bearer', 'bearer', 'bEARER']) {
      it(`RFC8705-3 of a certificate as ${scheme}`, async () => {
        const { certificate, cert, key } = await selfSignedClient();
        const token = await resource.userToken({ 'x5t#S256': thumbprint(certificate) });
        const { status } = await resource.ask({ authorization: `${scheme} ${token}` }, { cert, key });
        expect(status).to.equal(200);
      });
    }

    it('without openid', async () => {
      const { status, body } = await (await resource.holder({ scope: 'accounts' })).present();
      expect(status).to.equal(200);
      expect(body.scope).to.equal('accounts');
    });

    it('of client credentials', async () => {
      const { key } = holder;
      const properties = {
        client: await resource.client(),
        scope: 'accounts',
        jkt: key.jkt,
        expiresIn: 60,
        aud: audience,
      };
      const token = await new resource.provider.ClientCredentials(properties).save();
      const { status, body } = await new Holder(resource, key, token).present();
      expect(status).to.equal(200);
      expect(body).to.include({ client_id: 'client', scope: 'accounts' });
      expect(body).to.not.have.property('sub');
    });

    it('for this resource, and not for another', async () => {
      const here = await resource.holder({ aud: 'https://rs.example.com' });
      expect((await here.present()).status).to.equal(200);
      const elsewhere = await resource.holder({ aud: 'https://other.example.com' });
      expectRefusal(await elsewhere.present(), 'invalid_token');
      const nowhere = await resource.holder({ aud: '' });
      expectRefusal(await nowhere.present(), 'invalid_token');
    });

    it('echoes x-fapi-interaction-id and says the time, also when it refuses', async () => {
      const id = randomUUID();
      for (const headers of [{ authorization: `DPoP ${holder.token}`, dpop: await holder.proof() }, {}]) {
        const answer = await resource.ask({
          ...headers,
          'x-fapi-interaction-id': id,
          'x-fapi-auth-date': 'Tue, 11 Sep 2012 19:43:31 GMT',
          'x-fapi-customer-ip-address': '2001:db8::1893:25c8:1946',
          accept: '*/*, application/json, application/jwt',
        });
        expect(answer.headers['x-fapi-interaction-id']).to.equal(id);
        expect(Math.abs(Date.parse(answer.headers.date ?? '') - Date.now())).to.be.lessThan(60_000);
      }
    });
  });

  describe('refuses', () => {
    it('RFC6750-3.1 a request without a token, and says how to come back', async () => {
      const answer = expectRefusal(await resource.ask({}), 'invalid_token');
      expect(answer.headers['www-authenticate']).to.equal('DPoP algs="PS256 ES256 EdDSA Ed25519", Bearer');
    });

    it('FAPI2-SP-FINAL-5.3.4-2 a token in the query, alone or beside the header', async () => {
      const at = `${path}?access_token=${holder.token}`;
      expectRefusal(await resource.ask({}, { at }), 'invalid_request', 400);
      const headers = { authorization: `DPoP ${holder.token}`, dpop: await holder.proof() };
      expectRefusal(await resource.ask(headers, { at }), 'invalid_request', 400);
    });

    it('FAPI2-SP-FINAL-5.3.4-1 a token in the form body', async () => {
      const dpop = await holder.proof({ claims: { htm: 'POST' } });
      const headers = { 'content-type': 'application/x-www-form-urlencoded', dpop };
      const body = `access_token=${holder.token}`;
      expectRefusal(await resource.ask(headers, { method: 'POST', body }), 'invalid_token');
    });

    for (const authorization of ['Basic YTpi', 'DPoP', 'DPoP a b', 'DPoP "><script>', 'token']) {
      it(`RFC6750-3.1 Authorization: ${authorization}`, async () => {
        const answer = expectRefusal(await resource.ask({ authorization }), 'invalid_request', 400);
        expect(answer.text + answer.headers['www-authenticate']).to.not.contain('<script');
      });
    }

    it('RFC6750-2 two Authorization headers', async () => {
      const sent = request({ host: '127.0.0.1', port: resource.port, path, rejectUnauthorized: false });
      sent.setHeader('authorization', [`DPoP ${holder.token}`, `DPoP ${holder.token}`]);
      sent.setHeader('dpop', await holder.proof());
      sent.end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      response.resume();
      expect(response.statusCode).to.equal(400);
    });

    it('FAPI2-SP-FINAL-5.3.4-3 a token that is unknown', async () => {
      const answer = expectRefusal(await new Holder(resource, holder.key, 'x'.repeat(43)).present(), 'invalid_token');
      const challenge = answer.headers['www-authenticate'];
      expect(challenge).to.match(/^DPoP error="invalid_token", error_description="[^"]+", algs="[^"]+"$/);
    });

    it('FAPI2-SP-FINAL-5.3.4-3 a token that is expired, to the second', async () => {
      const short = await resource.holder({ expiresIn: 1 });
      const { exp = 0 } = (await resource.provider.AccessToken.find(short.token)) ?? {};
      await new Promise((resolve) => setTimeout(resolve, exp * 1000 - Date.now() + 1));
      expectRefusal(await short.present(), 'invalid_token');
    });

    it('FAPI2-SP-FINAL-5.3.4-3 a token that is revoked', async () => {
      const revoked = await resource.holder();
      await (await resource.provider.AccessToken.find(revoked.token))?.destroy();
      expectRefusal(await revoked.present(), 'invalid_token');
    });

    it('FAPI2-SP-FINAL-5.3.4-3 a token whose grant is revoked', async () => {
      const grant = await resource.grantOf('alice');
      const granted = await resource.holder({ grantId: grant.jti });
      expect((await granted.present()).status).to.equal(200);
      await grant.destroy();
      expectRefusal(await granted.present(), 'invalid_token');
    });

    it('FAPI2-SP-FINAL-5.3.4-3 a token of another account than its grant', async () => {
      const bobs = await resource.holder({ grantId: (await resource.grantOf('bob')).jti });
      expectRefusal(await bobs.present(), 'invalid_token');
    });

    it('FAPI2-SP-FINAL-5.3.4-4 a token without the scope, and names it', async () => {
      const answer = await (await resource.holder({ scope: 'openid' })).present();
      expectRefusal(answer, 'insufficient_scope', 403);
      expect(answer.headers['www-authenticate']).to.contain('scope="accounts"');
    });

    it('FAPI2-SP-FINAL-5.3.4-5 a token that nobody is bound to', async () => {
      const token = await resource.userToken();
      expectRefusal(await resource.ask({ authorization: `Bearer ${token}` }), 'invalid_token');
      expectRefusal(await new Holder(resource, holder.key, token).present(), 'invalid_token');
    });

    it('RFC8705-3 a token of a certificate without it, with another, and with a proof instead', async () => {
      const [own, other] = await Promise.all([selfSignedClient(), selfSignedClient()]);
      const token = await resource.userToken({ 'x5t#S256': thumbprint(own.certificate) });
      const authorization = `Bearer ${token}`;
      const refusal = expectRefusal(await resource.ask({ authorization }), 'invalid_token');
      expect(refusal.headers['www-authenticate']).to.match(/^Bearer error="invalid_token", error_description="[^"]+"$/);
      expectRefusal(await resource.ask({ authorization }, { cert: other.cert, key: other.key }), 'invalid_token');
      const prover = new Holder(resource, holder.key, token);
      expectRefusal(await prover.present(), 'invalid_token');
      const asDpop = { authorization: `DPoP ${token}`, dpop: await prover.proof() };
      expectRefusal(await resource.ask(asDpop, { cert: own.cert, key: own.key }), 'invalid_token');
    });

    it('DPOP-7.2 a token of a key sent as Bearer, with and without a proof', async () => {
      const authorization = `Bearer ${holder.token}`;
      const answer = expectRefusal(await resource.ask({ authorization }), 'invalid_token');
      expect(answer.headers['www-authenticate']).to.match(/^DPoP error="invalid_token".* algs="/);
      expectRefusal(await resource.ask({ authorization, dpop: await holder.proof() }), 'invalid_token');
    });
  });
});
