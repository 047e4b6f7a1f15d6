import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { Browser } from '../../lib/demo/browser.ts';
import { ksaConsents } from '../../lib/fapi/ecosystems/ksa_consents.ts';
import * as expectations from '../conformance/rows/expectations.ts';
import { type Answer, SuiteClient } from '../conformance/rows/suite_client.ts';
import { person, trustingFetch } from '../flows/server.ts';
import { call, type Ecosystem, ecosystem, ownToken, signedBy } from './ecosystem.ts';

const { path } = ksaConsents;
const permissions = ['ReadAccountsBasic', 'ReadBalances'];
const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString();
const data = () => ({
  Permissions: permissions,
  ExpirationDateTime: tomorrow(),
  NationalIdentificationNumber: '1111111111',
});

describe('profile: ksa', () => {
  let eco: Ecosystem;
  let first: SuiteClient;

  before(async () => {
    eco = await ecosystem('ksa', { claims: { national_identification_number: '1111111111' } });
    first = eco.first;
  });
  after(() => eco.server.close());

  async function register(client: SuiteClient, Data: object = data(), more: object = {}): Promise<Answer> {
    const body = await signedBy(client, { message: { Data, Risk: {} }, ...more });
    return call(client, await ownToken(client, 'accounts'), path, { method: 'POST', type: 'application/jwt', body });
  }
  const messageIn = ({ body }: Answer) => decodeJwt(body).message as { Data: Record<string, unknown> };

  async function consentOf(client: SuiteClient, Data?: object): Promise<string> {
    const answer = await register(client, Data);
    expect(answer.status, JSON.stringify(answer.body)).to.equal(201);
    return `${messageIn(answer).Data.ConsentId}`;
  }
  const asking = (id: string, client = first): Record<string, string> => ({
    ...client.params,
    scope: `accounts:${id} openid`,
  });
  const flow = (id: string) => expectations.flow(first, asking(id));
  async function stateOf(id: string, client = first): Promise<unknown> {
    return messageIn(await call(client, await ownToken(client, 'accounts'), `${path}/${id}`)).Data.Status;
  }
  const refused = async (id: string, client = first) => {
    const answer = await client.push(asking(id, client));
    expectations.par(answer, 'invalid_request');
    return answer.body.error_description as string;
  };

  it('KSAOB-ACCOUNTS-CONSENT registers what a client has signed, and answers signed', async () => {
    const answer = await register(first);
    expect(answer.headers.get('content-type')).to.match(/^application\/jwt/);
    expect(answer.headers.get('x-fapi-interaction-id')).to.match(/^[0-9a-f-]{36}$/);
    const { Data } = messageIn(answer);
    expect(Data).to.include({ Status: 'AwaitingAuthorization' });
    expect(Data.Permissions).to.deep.equal(permissions);
  });

  it('KSAOB-ACCOUNTS-LIFECYCLE gives tokens for the consent, and a refresh for its scope', async () => {
    const id = await consentOf(first);
    const { access_token, refresh_token } = await flow(id);
    expect((await first.resource(access_token)).body.scope.split(' ')).to.include(`accounts:${id}`);
    expect(await stateOf(id)).to.equal('Authorized');
    const again = await first.refresh(refresh_token, {}, { scope: `accounts:${id} openid` });
    expect(again.status, JSON.stringify(again.body)).to.equal(200);
  });

  it('KSAOB-ACCOUNTS-LIFECYCLE takes a consent once', async () => {
    const id = await consentOf(first);
    const [one, other] = [asking(id), asking(id)];
    const uris = [expectations.pushed(await first.push(one)), expectations.pushed(await first.push(other))];
    await expectations.code(first, await first.visit(first.authorizationUrl(uris[0] ?? '')), one.state);
    const landing = await first.visit(first.authorizationUrl(uris[1] ?? ''));
    await expectations.az(first, landing, ['invalid_request'], { state: other.state });
    expect(await refused(id)).to.equal('the consent the request names was used before');
  });

  it('KSAOB-ACCOUNTS-LIFECYCLE of two who give one consent at once, one gets a code', async () => {
    const id = await consentOf(first);
    const clients = await Promise.all([0, 1].map(() => SuiteClient.create(eco.server, first.variant, first.party)));
    const landings = await Promise.all(
      clients.map(async (client) =>
        client.visit(client.authorizationUrl(expectations.pushed(await client.push(asking(id))))),
      ),
    );
    const codes = landings.map((landing) => ('url' in landing ? landing.url.searchParams.has('code') : false));
    expect(codes.filter(Boolean)).to.have.length(1);
  });

  it('KSAOB-ACCOUNTS-LIFECYCLE ends grant and tokens with the consent', async () => {
    const id = await consentOf(first);
    const { access_token, refresh_token } = await flow(id);
    const { status } = await call(first, await ownToken(first, 'accounts'), `${path}/${id}`, { method: 'DELETE' });
    expect(status).to.equal(204);
    expect(await stateOf(id)).to.equal('Revoked');
    expect((await first.resource(access_token)).status).to.equal(401);
    expectations.tk(await first.refresh(refresh_token), 'invalid_grant');
    expect(await refused(id)).to.equal('the consent the request names is revoked');
  });

  it('KSAOB-ACCOUNTS-LIFECYCLE leaves the tokens of another consent alone', async () => {
    const [one, other] = [await consentOf(first), await consentOf(first)];
    const kept = await flow(one);
    await flow(other);
    await call(first, await ownToken(first, 'accounts'), `${path}/${other}`, { method: 'DELETE' });
    expectations.given(await first.resource(kept.access_token));
    expect((await first.refresh(kept.refresh_token)).status).to.equal(200);
  });

  it('KSAOB-ACCOUNTS-LIFECYCLE is rejected by a person who says no', async () => {
    const id = await consentOf(first);
    const params = asking(id);
    const request_uri = expectations.pushed(await first.push(params));
    const browser = new Browser(trustingFetch());
    await browser.submit(await browser.open(first.authorizationUrl(request_uri)), { action: 'abort' });
    expect(await stateOf(id)).to.equal('Rejected');
    expect(await refused(id)).to.equal('the consent the request names is rejected');
  });

  it('KSAOB-ACCOUNTS-LIFECYCLE is not the consent of another client, nor of nobody', async () => {
    const id = await consentOf(eco.second);
    expect(await refused(id)).to.equal('the consent the request names is unknown');
    expect(await refused('nothing')).to.equal('the consent the request names is unknown');
    const read = await call(first, await ownToken(first, 'accounts'), `${path}/${id}`);
    expect(read.status).to.equal(404);
    expectations.par(await first.push(), 'invalid_request');
  });

  it('KSAOB-ACCOUNTS-LIFECYCLE is not another person’s to give', async () => {
    const id = await consentOf(first, { ...data(), NationalIdentificationNumber: '2222222222' });
    const params = asking(id);
    const landing = await first.visit(first.authorizationUrl(expectations.pushed(await first.push(params))));
    await expectations.az(first, landing, ['access_denied'], { state: params.state });
  });

  it('KSAOB-ACCOUNTS-LIFECYCLE ends at its time: no token outlives it', async () => {
    const id = await consentOf(first, { ...data(), ExpirationDateTime: new Date(Date.now() + 60_000).toISOString() });
    const code = await expectations.fresh(first, asking(id));
    const { body } = await first.exchange(code);
    expect(body.expires_in).to.be.within(1, 60);
  });

  it('KSAOB-ACCOUNTS-LIFECYCLE shows the person what for and until when', async () => {
    const id = await consentOf(first, { ...data(), ExpirationDateTime: '2027-01-28T15:27:13+00:00' });
    const browser = new Browser(trustingFetch());
    const login = await browser.open(first.authorizationUrl(expectations.pushed(await first.push(asking(id)))));
    const { html } = await browser.submit(login, { ...person, action: 'continue' });
    expect(html).to.include('Read accounts basic').and.include('Until January 28, 2027');
  });

  const bad: readonly [string, (Data: ReturnType<typeof data>) => object][] = [
    ['no permissions', ({ Permissions: _, ...others }) => others],
    ['an empty list', (all) => ({ ...all, Permissions: [] })],
    ['an end that has passed', (all) => ({ ...all, ExpirationDateTime: '2020-01-01T00:00:00Z' })],
    ['an end in ten years', (all) => ({ ...all, ExpirationDateTime: '2036-01-01T00:00:00Z' })],
    ['an end that is text', (all) => ({ ...all, ExpirationDateTime: 'tomorrow' })],
  ];
  for (const [title, change] of bad) {
    it(`KSAOB-ACCOUNTS-CONSENT refuses ${title}`, async () => {
      const { status, body } = await register(first, change(data()));
      expect(status, JSON.stringify(body)).to.equal(400);
      expect(body.error).to.equal('invalid_request');
    });
  }

  it('KSAOB-ACCOUNTS-CONSENT refuses what another has signed, what is for another, and what is no JWT', async () => {
    const token = await ownToken(first, 'accounts');
    const post = (body: string) => call(first, token, path, { method: 'POST', type: 'application/jwt', body });
    const message = { Data: data() };
    for (const body of [
      await signedBy(eco.second, { message, iss: first.party.client_id }),
      await signedBy(first, { message, aud: ['https://other.example.com'] }),
      await signedBy(first, { message, exp: 1 }),
      'no.jwt.at all',
      '{}',
      '',
    ]) {
      const { status, body: answer } = await post(body);
      expect(status, body).to.equal(400);
      expect(answer.error).to.equal('invalid_request');
    }
    const large = await post('x'.repeat(70_000));
    expect(large.status).to.equal(413);
  });

  it('KSAOB-ACCOUNTS-CONSENT asks for a token of the client’s own, of the scope, bound to its certificate', async () => {
    const body = await signedBy(first, { message: { Data: data() } });
    const post = { method: 'POST', type: 'application/jwt', body };
    expect((await call(first, 'none', path, post)).status).to.equal(401);
    expect((await call(first, await ownToken(first, 'openid'), path, post)).status).to.equal(403);
    const persons = (await flow(await consentOf(first))).access_token;
    expect((await call(first, persons, path, post)).status).to.equal(403);
    expect((await call(eco.second, await ownToken(first, 'accounts'), path, post)).status).to.equal(401);
    const get = await call(first, await ownToken(first, 'accounts'), path);
    expect(get.status).to.equal(405);
    expect(get.headers.get('allow')).to.equal('POST');
  });
});
