import { randomUUID } from 'node:crypto';

import { expect } from 'chai';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

import { dpopNonces } from '../../lib/resource/dpop_nonce.ts';
import { now, sha256 } from '../support/jwt.ts';
import {
  audience,
  expectRefusal,
  type Holder,
  type ProofOptions,
  ProtectedResource,
  path,
} from '../support/protected_resource.ts';

describe('DPOP-4.3 a proof at a protected resource', () => {
  let resource: ProtectedResource;
  let holder: Holder;

  before(async () => {
    resource = await ProtectedResource.open();
    holder = await resource.holder();
  });

  after(() => resource.close());

  async function refused(dpop: string | string[] | ProofOptions, by = holder) {
    const answer = expectRefusal(await by.present(dpop), 'invalid_dpop_proof');
    const challenge = answer.headers['www-authenticate'];
    expect(challenge).to.match(/^DPoP error="invalid_dpop_proof", error_description="[^"]+", algs="[^"]+"$/);
  }

  async function taken(dpop: string | ProofOptions = {}, by = holder) {
    expect((await by.present(dpop)).status).to.equal(200);
  }

  describe('is one well-formed JWT', () => {
    it('not two', async () => refused([await holder.proof(), await holder.proof()]));
    it('not two in one header', async () => refused(`${await holder.proof()}, ${await holder.proof()}`));
    it('not none', async () => {
      expectRefusal(await resource.ask({ authorization: `DPoP ${holder.token}` }), 'invalid_dpop_proof');
    });
    it('not any text', () => refused('not a JWT'));
    it('not half of one', async () => refused((await holder.proof()).slice(0, 80)));
    it('of typ dpop+jwt', () => refused({ header: { typ: 'JWT' } }));

    for (const member of ['typ', 'jwk']) {
      it(`with ${member}`, () => refused({ header: { [member]: undefined } }));
    }
    for (const claim of ['jti', 'htm', 'htu', 'iat', 'ath']) {
      it(`with ${claim}`, () => refused({ claims: { [claim]: undefined } }));
    }
    for (const [claim, value] of Object.entries({ jti: 1, htm: ['GET'], htu: 1, iat: '1', ath: {} })) {
      it(`whose ${claim} is not ${JSON.stringify(value)}`, () => refused({ claims: { [claim]: value } }));
    }
    it('whatever else is in it', () => taken({ header: { foo: 'bar' }, claims: { foo: 'bar' } }));
  });

  describe('is signed with the key the token is bound to', () => {
    async function unsigned(alg: string | undefined, signature: string): Promise<string> {
      const [, payload] = (await holder.proof()).split('.');
      const header = Buffer.from(JSON.stringify({ alg, typ: 'dpop+jwt', jwk: holder.key.jwk })).toString('base64url');
      return `${header}.${payload}.${signature}`;
    }
    it('with an alg', async () => refused(await unsigned(undefined, 'AAAA')));
    it('not none', async () => refused(await unsigned('none', '')));
    it('not none with a signature', async () => refused(await unsigned('none', 'AAAA')));
    it('rightly', async () => {
      const [header, payload, signature = ''] = (await holder.proof()).split('.');
      const flipped = Buffer.from(signature, 'base64url');
      flipped[0] = (flipped[0] ?? 0) ^ 1;
      await refused(`${header}.${payload}.${flipped.toString('base64url')}`);
    });
    it('not with another', async () => {
      const { privateKey, publicKey } = await generateKeyPair('ES256');
      await refused({ key: privateKey, header: { jwk: await exportJWK(publicKey) } });
    });
    it('which stays private', async () => refused({ header: { jwk: await exportJWK(holder.key.key) } }));
    it('not with a symmetric one', async () => {
      const secret = Buffer.alloc(32, 1);
      const header = { alg: 'HS256', typ: 'dpop+jwt', jwk: { kty: 'oct', k: secret.toString('base64url') } };
      const claims = { jti: randomUUID(), htm: 'GET', htu: resource.url, iat: now(), ath: sha256(holder.token) };
      await refused(await new SignJWT(claims).setProtectedHeader(header).sign(secret));
    });
    for (const alg of ['RS256', 'ES384']) {
      it(`FAPI2-SP-FINAL-5.4.1-1 not by ${alg}`, async () => refused({}, await resource.holder({}, alg)));
    }
    for (const alg of ['PS256', 'ES256', 'EdDSA', 'Ed25519']) {
      it(`FAPI2-SP-FINAL-5.4.1-1 by ${alg}`, async () => taken({}, await resource.holder({}, alg)));
    }
  });

  describe('is for this request', () => {
    it('not for another method', () => refused({ claims: { htm: 'PUT' } }));
    it('not for the method in another case', () => refused({ claims: { htm: 'get' } }));
    for (const htu of [
      `https://other.example.com${path}`,
      `${audience}${path.slice(1)}`,
      `${audience}${path}/`,
      `http://rs.example.com${path}`,
      path,
      '',
    ]) {
      it(`not for ${JSON.stringify(htu)}`, () => refused({ claims: { htu } }));
    }
    it('not for the name in the Host header', async () => {
      const dpop = await holder.proof({ claims: { htu: `https://evil.example${path}` } });
      const headers = { authorization: `DPoP ${holder.token}`, dpop, host: 'evil.example' };
      expectRefusal(await resource.ask(headers), 'invalid_dpop_proof');
    });
    for (const htu of [
      `${audience}${path}`,
      `${audience}${path}?a=b#c`,
      `${audience.toUpperCase()}${path}`,
      `${audience}:443${path}`,
      `${audience}/x/..${path}`,
      `${audience}/%61ccounts`,
    ]) {
      it(`also when it writes ${htu}`, () => taken({ claims: { htu } }));
    }
    it('whatever its query', async () => {
      const headers = { authorization: `DPoP ${holder.token}`, dpop: await holder.proof() };
      expect((await resource.ask(headers, { at: `${path}?page=2` })).status).to.equal(200);
    });
    it('and for this token', () => refused({ claims: { ath: sha256('other') } }));
  });

  describe('is of now', () => {
    for (const offset of [-3600, -320, 30, 3600]) {
      it(`not of ${offset} seconds`, () => refused({ claims: { iat: now() + offset } }));
    }
    for (const offset of [-60, -10, 8, 10]) {
      it(`but it may be of ${offset} seconds`, () => taken({ claims: { iat: now() + offset } }));
    }
    it('and may carry nbf and exp', () => taken({ claims: { nbf: now() + 8, exp: now() + 60 } }));
    it('which then count', async () => {
      await refused({ claims: { exp: now() - 60 } });
      await refused({ claims: { nbf: now() + 60 } });
    });
  });

  describe('DPOP-11.1 is good once', () => {
    it('one after the other', async () => {
      const dpop = await holder.proof();
      await taken(dpop);
      await refused(dpop);
    });
    it('at the same moment', async () => {
      const dpop = await holder.proof();
      const answers = await Promise.all(Array.from({ length: 8 }, () => holder.present(dpop)));
      expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, ...Array(7).fill(401)]);
    });
    it('for each key', async () => {
      const claims = { jti: randomUUID() };
      await taken({ claims });
      await taken({ claims }, await resource.holder());
    });
    it('and is not used up by somebody without the key', async () => {
      const claims = { jti: randomUUID() };
      const { privateKey, publicKey } = await generateKeyPair('ES256');
      await refused({ key: privateKey, header: { jwk: await exportJWK(publicKey) }, claims });
      await taken({ claims });
    });
  });

  describe('DPOP-9 carries a nonce', () => {
    afterEach(() => {
      resource.nonce = 'off';
    });

    it('where one is required, which the client is told and given', async () => {
      resource.nonce = 'required';
      const answer = expectRefusal(await holder.present(), 'use_dpop_nonce');
      expect(answer.headers['www-authenticate']).to.match(/^DPoP error="use_dpop_nonce"/);
      await taken({ claims: { nonce: answer.headers['dpop-nonce'] } });
    });

    for (const policy of ['optional', 'required'] as const) {
      it(`that is ours, where it is ${policy}`, async () => {
        resource.nonce = policy;
        for (const nonce of ['', 'x'.repeat(22), 'ü', 1, dpopNonces(Buffer.alloc(32, 8)).current()]) {
          const answer = expectRefusal(await holder.present({ claims: { nonce } }), 'use_dpop_nonce');
          expect(answer.headers['dpop-nonce']).to.equal(resource.nonces.current());
        }
      });
    }

    it('or none, where it is optional', async () => {
      resource.nonce = 'optional';
      await taken();
      await taken({ claims: { nonce: resource.nonces.current() } });
    });

    it('which does not excuse its age', async () => {
      resource.nonce = 'required';
      const nonce = resource.nonces.current();
      for (const offset of [-3600, 3600]) await refused({ claims: { nonce, iat: now() + offset } });
    });
  });

  it('is taken after all of these', () => taken());
});
