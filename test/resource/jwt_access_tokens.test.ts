import { expect } from 'chai';
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import type { VerifyAccessToken } from '../../lib/resource/access_token.ts';
import { jwtAccessTokens } from '../../lib/resource/jwt_access_tokens.ts';
import { seconds } from '../../lib/seconds.ts';

const issuer = 'https://as.example.com';
const audience = 'https://api.example.com';

describe('RFC9068-4 an access token that is a JWT', () => {
  let sign: (claims: JWTPayload, typ?: string) => Promise<string>;
  let verify: VerifyAccessToken;

  before(async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const jwks = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] });
    verify = jwtAccessTokens({ issuer, audience, jwks });
    sign = (claims, typ = 'at+jwt') => new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ }).sign(privateKey);
  });

  const claims = (): JWTPayload => ({
    ...{ iss: issuer, aud: audience, sub: 'alice', client_id: 'client', scope: 'accounts' },
    ...{ iat: seconds(), exp: seconds() + 60, jti: 'one' },
  });

  it('stands for what its claims say', async () => {
    const details = [{ type: 'payment' }];
    const found = await verify(await sign({ ...claims(), authorization_details: details, cnf: { jkt: 'key' } }));
    expect(found).to.deep.include({ client_id: 'client', sub: 'alice', scope: 'accounts', aud: audience });
    expect(found).to.deep.include({ cnf: { jkt: 'key' }, authorization_details: details });
  });

  it('needs no scope', async () => {
    const { scope: _, ...others } = claims();
    expect(await verify(await sign(others))).to.include({ sub: 'alice' });
  });

  for (const name of ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti']) {
    it(`stands for nothing without ${name}`, async () => {
      const { [name]: _, ...others } = claims();
      expect(await verify(await sign(others))).to.equal(undefined);
    });
  }

  for (const [title, other] of Object.entries({
    'of another issuer': { iss: 'https://other.example.com' },
    'for another audience': { aud: 'https://other.example.com' },
    'that has expired': { exp: 1 },
    'whose client_id is a number': { client_id: 1 },
    'whose scope is a list': { scope: ['accounts'] },
  })) {
    it(`stands for nothing ${title}`, async () => {
      expect(await verify(await sign({ ...claims(), ...other }))).to.equal(undefined);
    });
  }

  it('stands for nothing as an ID Token', async () => {
    expect(await verify(await sign(claims(), 'JWT'))).to.equal(undefined);
  });

  it('is not judged while the keys cannot be had', async () => {
    const fetch = async () => Promise.reject(new TypeError('fetch failed'));
    const asked = jwtAccessTokens({ issuer, audience, jwks: `${issuer}/jwks`, fetch })(await sign(claims()));
    expect(await asked.catch((error) => error)).to.include({ name: 'VerificationFailed', status: 503 });
  });
});
