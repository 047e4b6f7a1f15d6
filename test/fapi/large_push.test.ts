import { expect } from 'chai';

import { Flow } from '../flows/flow.ts';
import type { Answer } from '../support/raw_client.ts';

/** Payments of one request, as many as fill these bytes. */
function payments(bytes: number) {
  const one = (number: number) => ({
    type: 'payment_initiation',
    instructedAmount: { currency: 'EUR', amount: `${number}.50` },
    creditorName: `Creditor ${number} ${'of a long name '.repeat(8)}`.slice(0, 140),
    creditorAccount: { iban: 'DE02100100109307118603' },
    remittanceInformation: 'x'.repeat(140),
  });
  const each = JSON.stringify(one(1)).length;
  return Array.from({ length: Math.floor(bytes / each) }, (_, index) => one(index + 1));
}

function refused({ status, body }: Answer, expected: number, description: RegExp): void {
  expect({ status, error: body.error }, JSON.stringify(body)).to.deep.equal({
    status: expected,
    error: 'invalid_request',
  });
  expect(body.error_description).to.match(description);
}

describe('A large push', () => {
  let flow: Flow;
  let signed: Flow;
  before(async () => {
    const options = {
      file: 'config/payment-initiation.yaml',
      client: { authorization_details_types: ['payment_initiation'] },
      set: ['authorization_details.max_entries=2000'],
    };
    [flow, signed] = await Promise.all([
      Flow.start(options),
      Flow.start({ ...options, profile: 'fapi2-message-signing' }),
    ]);
  });
  after(() => Promise.all([flow, signed].map((each) => each?.server.close())));

  for (const kilobytes of [1, 16, 64, 256]) {
    it(`of ${kilobytes} kB costs the browser a URL under 512 bytes, and grants what was pushed`, async () => {
      const details = payments(kilobytes * 1000);
      const { status, body } = await flow.details(details);
      expect(status, JSON.stringify(body)).to.equal(201);
      expect(flow.client.authorizationUrl(body.request_uri).href.length).to.be.below(512);
      const tokens = await flow.tokens(details);
      expect(tokens.body.authorization_details).to.deep.equal(details);
    }).timeout(30_000);
  }

  it('as a signed request object of 256 kB', async () => {
    const { client } = signed;
    const authorization_details = payments(180_000);
    const request = await client.requestObject({ ...client.params, response_mode: 'jwt', authorization_details });
    expect(request.length).to.be.above(230_000);
    const { status, body } = await client.push({ client_id: 'client', request });
    expect(status, JSON.stringify(body)).to.equal(201);
  });

  it('beyond the limit of the file is refused with 413', async () => {
    refused(await flow.details('x'.repeat(600_000)), 413, /524288 bytes/);
  });

  it('is for pushes alone: the token endpoint reads what core reads', async () => {
    refused(await flow.client.token({ grant_type: 'x'.repeat(60_000) }), 413, /57344 bytes/);
  });

  it('stays a page a person can read', async () => {
    const details = payments(256_000);
    const { page } = await flow.consent(details);
    expect(page.response?.status).to.equal(200);
    expect(page.html).to.contain('Creditor 1 ').and.contain(`Creditor ${details.length} `);
    expect(page.html.length).to.be.below(1_500_000);
  });
});

describe('A value of some thousand levels', () => {
  let flow: Flow;
  before(async () => {
    flow = await Flow.start({ file: 'config/development.yaml', profile: 'fapi2-message-signing' });
  });
  after(() => flow?.server.close());
  const deep = JSON.parse(`${'['.repeat(2000)}${']'.repeat(2000)}`);
  /** JSON.stringify does not write more levels than this in a test either. */
  const deeper = `${'['.repeat(6000)}${']'.repeat(6000)}`;
  const jwt = (member: string) =>
    ['{"alg":"ES256","kid":"es"}', `{"iss":"client","sub":"client","client_id":"client","${member}":${deeper}}`, 'x']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');

  it('in a client assertion is a refusal, never a 500', async () => {
    for (const path of ['/request', '/token', '/token/introspection', '/token/revocation']) {
      const { status, body } = await flow.client.post(path, { token: 'x' }, { client_assertion: jwt('x') });
      expect({ path, status }, JSON.stringify(body)).to.deep.equal({ path, status: 400 + (status === 401 ? 1 : 0) });
      expect(body.error).to.match(/^invalid_(request|client)$/);
    }
  });

  it('in a request object, as claims and as details', async () => {
    for (const member of ['claims', 'authorization_details', 'state', 'anything']) {
      const { status, body } = await flow.client.push({ client_id: 'client', request: jwt(member) });
      expect({ member, status }, JSON.stringify(body)).to.deep.equal({ member, status: 400 });
    }
    const request = await flow.client.requestObject({ ...flow.client.params, claims: { userinfo: deep } });
    expect((await flow.client.push({ client_id: 'client', request })).status).to.be.within(201, 400);
  });
});
