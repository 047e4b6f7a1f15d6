import { expect } from 'chai';
import { compactDecrypt, decodeJwt, exportJWK, generateKeyPair } from 'jose';

import { judge } from '../../lib/commands/judge.ts';
import { Browser, heading } from '../../lib/demo/browser.ts';
import { directory } from '../config/written.ts';
import * as expectations from '../conformance/rows/expectations.ts';
import { party } from '../conformance/rows/setting.ts';
import type { SuiteClient } from '../conformance/rows/suite_client.ts';
import { trustingFetch } from '../flows/server.ts';
import { now } from '../support/jwt.ts';
import { type Answer, person } from '../support/wire_client.ts';
import { type Ecosystem, ecosystem, ways } from './ecosystem.ts';

const encryption = await generateKeyPair('RSA-OAEP-256', { extractable: true });
const level = 'urn:cds.au:cdr:2';
const scope = 'openid profile bank:accounts.basic:read';
const day = 86_400;
const year = 365 * day;
const other = { login: 'other', password: 'other' };
const path = '/arrangements/revoke';

/** A client whose ID Tokens are encrypted, for the one key of this file. */
async function encrypting(index: 0 | 1): Promise<object> {
  const { key, kid } = party(ways, index);
  const { kty, n, e } = await exportJWK(key as never);
  return {
    id_token_encrypted_response_alg: 'RSA-OAEP-256',
    jwks: {
      keys: [
        { kty, n, e, kid, alg: 'PS256', use: 'sig' },
        { ...(await exportJWK(encryption.publicKey)), kid: 'enc', alg: 'RSA-OAEP-256', use: 'enc' },
      ],
    },
  };
}

describe('profile: consumerdataright-au', () => {
  const files = directory();
  let eco: Ecosystem;
  let first: SuiteClient;

  before(async () => {
    eco = await ecosystem('consumerdataright-au', {
      client: encrypting,
      set: [
        `accounts=${JSON.stringify([
          { ...person, claims: { name: 'Conny Formance' } },
          { ...other, claims: {} },
        ])}`,
      ],
    });
    first = eco.first;
  });
  after(() => eco.server.close());

  const asking = (claims: object = { sharing_duration: 30 * day }, more = {}, client = first) => ({
    ...client.params,
    scope,
    claims: { id_token: { acr: { essential: true, values: [level] } }, ...claims },
    ...more,
  });
  async function landed(client: SuiteClient, params: object, who = person): Promise<URL> {
    const browser = new Browser(trustingFetch());
    let place = await browser.open(client.authorizationUrl(expectations.pushed(await client.push(params as never))));
    for (let pages = 0; place.response?.ok && pages < 4; pages += 1) {
      const credentials = place.html.includes('name="password"') ? who : {};
      place = await browser.submit(place, { ...credentials, action: 'continue' });
    }
    return place.url;
  }
  async function shared(claims?: object, who = person, client = first) {
    const url = await landed(client, asking(claims, {}, client), who);
    const { status, body } = await client.exchange(`${url.searchParams.get('code')}`);
    expect(status, `${url.search} ${JSON.stringify(body)}`).to.equal(200);
    return body;
  }
  async function idToken(jwe: string): Promise<Record<string, unknown>> {
    const { plaintext, protectedHeader } = await compactDecrypt(jwe, encryption.privateKey as never);
    expect(protectedHeader).to.include({ alg: 'RSA-OAEP-256', kid: 'enc' });
    return decodeJwt(new TextDecoder().decode(plaintext));
  }
  /** A request of the client's to an endpoint that it authenticates at. */
  const posted = (at: string, fields: object, client = first, otherwise = {}): Promise<Answer> =>
    client.post(at, fields as never, otherwise);
  const introspected = async (token: string) => (await posted('/token/introspection', { token })).body;
  const revoked = (cdr_arrangement_id: string, client = first, otherwise = {}) =>
    posted(path, { cdr_arrangement_id }, client, otherwise);
  const resource = (token: string, headers: Record<string, string> = { 'x-v': '1' }) =>
    first.request(`${eco.server.mtls}/cds-au/v1/banking/accounts`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
    });

  it('CDR-tokens, CDR-id-token encrypt the ID Token, which tells the level and nothing of the person', async () => {
    const claims = { sharing_duration: day, id_token: { acr: { essential: true, value: level }, name: null } };
    const own = await idToken((await shared(claims)).id_token);
    expect(own.acr).to.equal(level);
    expect(own).not.to.have.property('name');
    const { body } = await first.request(`${eco.server.mtls}/me`, {
      headers: { authorization: `Bearer ${(await shared()).access_token}` },
    });
    expect(body).to.include({ name: 'Conny Formance', sub: own.sub });
  });

  it('CDR-levels-of-assurance-loas refuses an acr that is unknown, and one that no login reaches', async () => {
    for (const value of ['urn:cds.au:cdr:3', 'urn:cds.au:cdr:1', 'gold']) {
      const answer = await first.push(
        asking({ id_token: { acr: { essential: true, values: [value] } }, sharing_duration: day }) as never,
      );
      expectations.par(answer, 'unmet_authentication_requirements');
    }
    const { body } = await first.request(`${eco.server.issuer}/.well-known/openid-configuration`);
    expect(body.acr_values_supported).to.deep.equal([level]);
    expect(body.claims_supported).to.include.members(['acr', 'sharing_duration']);
    expect(body.subject_types_supported).to.deep.equal(['pairwise']);
  });

  for (const [title, duration] of [
    ['text', '7776000'],
    ['negative', -1],
    ['a fraction', 1.5],
    ['a list', [1]],
    ['null', null],
    ['beyond every number', 1e300],
  ] as const) {
    it(`CDR-requesting-sharing-duration refuses a duration that is ${title}`, async () => {
      const answer = await first.push(asking({ sharing_duration: duration }) as never);
      expectations.par(answer, 'invalid_request');
      expect(answer.body.error_description).to.include('CDR-requesting-sharing-duration');
    });
  }

  it('CDR-requesting-sharing-duration takes ten years for one', async () => {
    const { refresh_token } = await shared({ sharing_duration: 10 * year });
    expect((await introspected(refresh_token)).exp - now()).to.be.within(year - 60, year);
  });

  for (const [title, claims] of [
    ['zero', { sharing_duration: 0 }],
    ['none', {}],
  ] as const) {
    it(`CDR-requesting-sharing-duration shares once where it is ${title}: no refresh token`, async () => {
      const body = await shared(claims);
      expect(body).not.to.have.property('refresh_token');
      expect((await resource(body.access_token)).status).to.equal(200);
    });
  }

  it('CDR-requesting-sharing-duration tells the person until when', async () => {
    const browser = new Browser(trustingFetch());
    const uri = expectations.pushed(await first.push(asking({ sharing_duration: 30 * day }) as never));
    const login = await browser.open(first.authorizationUrl(uri));
    const { html } = await browser.submit(login, { ...person, action: 'continue' });
    const end = new Date((now() + 30 * day) * 1000);
    expect(html).to.include(`Until ${new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' }).format(end)}`);
    expect(html).to.include('See the names and kinds of your accounts');
  });

  it('CDR-refresh-token expires with the sharing, and is not rotated', async () => {
    const { refresh_token, cdr_arrangement_id, expires_in } = await shared({ sharing_duration: 30 * day });
    expect(expires_in).to.be.within(120, 600);
    const again = await first.refresh(refresh_token);
    expect(again.status, JSON.stringify(again.body)).to.equal(200);
    expect(again.body.refresh_token ?? refresh_token).to.equal(refresh_token);
    expect(again.body.cdr_arrangement_id).to.equal(cdr_arrangement_id);
  });

  it('CDR-introspection-endpoint tells of refresh tokens, and of no others', async () => {
    const { access_token, refresh_token, cdr_arrangement_id } = await shared({ sharing_duration: 30 * day });
    const told = await introspected(refresh_token);
    expect(told).to.include({ active: true, cdr_arrangement_id });
    expect(told.scope.split(' ')).to.include('bank:accounts.basic:read');
    expect(told.exp - now()).to.be.within(30 * day - 60, 30 * day);
    expect(told).not.to.have.property('username');
    expect(await introspected(access_token)).to.deep.equal({ active: false });
  });

  it('CDR-cdr-arrangement-revocation-end-point ends the arrangement and its tokens, and no other', async () => {
    const [one, kept] = [await shared(), await shared()];
    expect(one.cdr_arrangement_id).to.be.a('string').and.not.equal(kept.cdr_arrangement_id);
    const answer = await revoked(one.cdr_arrangement_id);
    expect(answer.status, JSON.stringify(answer.body)).to.equal(204);
    expectations.tk(await first.refresh(one.refresh_token), 'invalid_grant');
    expect((await resource(one.access_token)).status).to.equal(401);
    expect(await introspected(one.refresh_token)).to.deep.equal({ active: false });
    expect((await resource(kept.access_token)).status).to.equal(200);
    expect((await revoked(one.cdr_arrangement_id)).status).to.equal(422);
  });

  it('CDR-cdr-arrangement-revocation-end-point answers 422 for the arrangement of another client, and of nobody', async () => {
    const { cdr_arrangement_id, refresh_token } = await shared();
    for (const [id, client] of [
      [cdr_arrangement_id, eco.second],
      ['unknown', first],
      ['', first],
      [refresh_token, first],
    ] as const) {
      const { status, body } = await revoked(id, client);
      expect(status, id).to.equal(422);
      expect(body.errors[0]).to.include({
        code: 'urn:au-cds:error:cds-all:Authorisation/InvalidArrangement',
        title: 'Invalid Consent Arrangement',
      });
    }
    expect(await introspected(refresh_token)).to.include({ active: true });
  });

  it('CDR-cdr-arrangement-revocation-end-point asks who the client is, by assertion and certificate', async () => {
    const { cdr_arrangement_id, refresh_token } = await shared();
    const stranger = await revoked(cdr_arrangement_id, first, { assertion: { aud: 'https://other.example.com' } });
    expect(stranger.status).to.equal(401);
    expect((await revoked(cdr_arrangement_id, first, { certificate: false })).status).to.equal(400);
    expect((await posted(path, { cdr_arrangement_id }, first, { method: 'PUT' })).status).to.equal(405);
    expect(await introspected(refresh_token)).to.include({ active: true });
    const { body } = await first.request(`${eco.server.issuer}/.well-known/openid-configuration`);
    expect(body.cdr_arrangement_revocation_endpoint).to.equal(eco.server.issuer + path);
    expect(body.mtls_endpoint_aliases.cdr_arrangement_revocation_endpoint).to.equal(eco.server.mtls + path);
  });

  it('CDR-specifying-an-existing-arrangement goes on with it: its name stays, its tokens of before end', async () => {
    const before = await shared({ sharing_duration: 30 * day });
    const { cdr_arrangement_id } = before;
    const after = await shared({ sharing_duration: 60 * day, cdr_arrangement_id });
    expect(after.cdr_arrangement_id).to.equal(cdr_arrangement_id);
    expectations.tk(await first.refresh(before.refresh_token), 'invalid_grant');
    expect((await resource(before.access_token)).status).to.equal(401);
    expect((await introspected(after.refresh_token)).exp - now()).to.be.within(60 * day - 60, 60 * day);
    expect((await first.refresh(after.refresh_token)).status).to.equal(200);
    expect((await revoked(cdr_arrangement_id)).status).to.equal(204);
    expectations.tk(await first.refresh(after.refresh_token), 'invalid_grant');
  });

  it('CDR-specifying-an-existing-arrangement of two changes at once leaves the tokens of one', async () => {
    const { cdr_arrangement_id } = await shared();
    const lands = await Promise.all(
      [40, 50, 60].map((days) => landed(first, asking({ sharing_duration: days * day, cdr_arrangement_id }))),
    );
    const codes = lands.flatMap((url) => url.searchParams.get('code') ?? []);
    expect(codes).not.to.have.length(0);
    const answers = [];
    for (const code of codes) answers.push(await first.exchange(code));
    expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
  });

  it('CDR-specifying-an-existing-arrangement rejects that of another client, of nobody, and one that was revoked', async () => {
    const { cdr_arrangement_id } = await shared();
    const ended = (await shared()).cdr_arrangement_id;
    await revoked(ended);
    for (const [id, client] of [
      [cdr_arrangement_id, eco.second],
      ['unknown', first],
      [7, first],
      ['', first],
      [ended, first],
    ] as const) {
      const claims = { sharing_duration: day, cdr_arrangement_id: id };
      const answer = await client.push(asking(claims, {}, client) as never);
      expectations.par(answer, 'invalid_request');
      expect(answer.body.error_description).to.include('CDR-specifying-an-existing-arrangement');
    }
  });

  it('CDR-specifying-an-existing-arrangement rejects that of another person, whose sharing goes on', async () => {
    const { cdr_arrangement_id, refresh_token } = await shared();
    const url = await landed(first, asking({ sharing_duration: day, cdr_arrangement_id }), other);
    expect(url.searchParams.get('error')).to.equal('access_denied');
    expect((await first.refresh(refresh_token)).status).to.equal(200);
  });

  it('CDR-specifying-an-existing-arrangement leaves it as it is where the person says no', async () => {
    const { cdr_arrangement_id, refresh_token } = await shared();
    const params = asking({ sharing_duration: day, cdr_arrangement_id }) as never;
    const browser = new Browser(trustingFetch());
    const login = await browser.open(first.authorizationUrl(expectations.pushed(await first.push(params))));
    const consent = await browser.submit(login, { ...person, action: 'continue' });
    expect(heading(consent)).to.equal('Allow access?');
    await browser.submit(consent, { action: 'abort' });
    expect((await first.refresh(refresh_token)).status).to.equal(200);
  });

  it('CDR-http-headers asks for x-v, and answers in the highest version there is', async () => {
    const { access_token } = await shared();
    const answer = await resource(access_token, { 'x-v': '3', 'x-min-v': '1' });
    expect({ status: answer.status, version: answer.headers.get('x-v') }).to.deep.equal({ status: 200, version: '1' });
    for (const [headers, status] of [
      [{}, 400],
      [{ 'x-v': 'one' }, 400],
      [{ 'x-v': '0' }, 400],
      [{ 'x-v': '1', 'x-min-v': '-1' }, 400],
      [{ 'x-v': '2' }, 406],
    ] as const) {
      const refusal = await resource(access_token, headers as never);
      expect(refusal.status, JSON.stringify(headers)).to.equal(status);
      expect(refusal.body.errors[0].code).to.match(/^urn:au-cds:error:cds-all:Header\//);
    }
    expect((await resource('none', {})).status).to.equal(401);
  });

  it('is refused at boot with a setting it forbids', async () => {
    for (const [setting, problem] of [
      ['subject: public', /subject: must be pairwise .*\[CDR-identifiers-and-subject-types\]/],
      ['ttl: { access_token: 60 }', /ttl\.access_token: must be from 120 to 600 seconds \[CDR-access-token\]/],
      ['acr: { bronze: [pwd] }', /acr: names bronze, which is no level \[CDR-levels-of-assurance-loas\]/],
      [
        'clients: [{ client_id: a, redirect_uris: [https://a.example.com/] }]',
        /clients\.0\.id_token_encrypted_response_alg \(client_id a\): is missing.*\[CDR-tokens\]/,
      ],
    ] as const) {
      const file = `issuer: https://localhost:9443\ndevelopment: true\nprofile: consumerdataright-au\n${setting}\n`;
      const problems = (await files.problems(file, { judge })).join('\n');
      expect(problems, `${setting}\n${problems}`).to.match(problem);
    }
  });
});
