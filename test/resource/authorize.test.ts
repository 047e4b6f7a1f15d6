import { X509Certificate } from 'node:crypto';

import { expect } from 'chai';

import { authorize } from '../../lib/resource/authorize.ts';
import { selfSignedClient } from '../support/certificates.ts';
import { sha256 } from '../support/jwt.ts';

describe('What a request at a resource has to show', () => {
  let certificate: X509Certificate;
  let cnf: { 'x5t#S256': string };

  before(async () => {
    certificate = new X509Certificate((await selfSignedClient()).certificate);
    cnf = { 'x5t#S256': sha256(certificate.raw) };
  });

  interface Case {
    readonly authorization?: string | readonly string[];
    readonly token?: { readonly scope?: string; readonly aud?: string | string[] };
    readonly rules?: { readonly scope?: string; readonly audience?: string };
  }

  /** `granted`, or the error and its description. */
  async function answerTo({ authorization = 'Bearer token', token = {}, rules = {} }: Case): Promise<string> {
    const headers = [authorization].flat();
    const request = {
      method: 'GET',
      url: new URL('https://api.example.com/accounts'),
      header: (name: string) => (name === 'authorization' ? headers : []),
    };
    const verify = async () => ({ client_id: 'client', sub: 'alice', exp: 0, cnf, ...token });
    const asked = authorize(request, () => certificate, { verify, origins: [], unique: async () => true, ...rules });
    return asked.then(
      () => 'granted',
      ({ error, error_description }) => `${error}: ${error_description}`,
    );
  }

  const both = { scope: 'accounts payments' };
  for (const [title, asked, answer] of [
    ['every scope there has to be', { token: both, rules: both }, 'granted'],
    ['more scopes than there have to be', { token: { scope: 'a accounts payments' }, rules: both }, 'granted'],
    ['one of two scopes', { token: { scope: 'accounts' }, rules: both }, /^insufficient_scope/],
    ['no scope', { rules: both }, /^insufficient_scope/],
    ['a scope, where none has to be', { token: both }, 'granted'],
    ['no audience, where none has to be', {}, 'granted'],
    ['no audience', { rules: { audience: 'https://a' } }, /^invalid_token: .* another resource/],
    ['another audience', { token: { aud: 'https://b' }, rules: { audience: 'https://a' } }, /^invalid_token/],
    ['the audience', { token: { aud: 'https://a' }, rules: { audience: 'https://a' } }, 'granted'],
    ['several audiences', { token: { aud: ['https://b', 'https://a'] }, rules: { audience: 'https://a' } }, 'granted'],
    ['RFC9110-11.4 several spaces before it', { authorization: 'Bearer   token' }, 'granted'],
    ['something before the scheme', { authorization: 'x Bearer token' }, /^invalid_request: .* DPoP or Bearer/],
    ['something after the token', { authorization: 'Bearer token x' }, /^invalid_request: .* DPoP or Bearer/],
    ['no token after the scheme', { authorization: 'Bearer' }, /^invalid_request: .* DPoP or Bearer/],
    ['two of them', { authorization: ['Bearer token', 'Bearer token'] }, /^invalid_request: exactly one/],
    ['no header', { authorization: [] }, /^invalid_token: no access token/],
  ] as readonly (readonly [string, Case, string | RegExp])[]) {
    it(`${title}: ${answer === 'granted' ? 'is let in' : 'is refused'}`, async () => {
      expect(await answerTo(asked)).to.match(typeof answer === 'string' ? /^granted$/ : answer);
    });
  }
});
