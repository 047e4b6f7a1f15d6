import { expect } from 'chai';

import { Agent } from './agent.ts';
import { person, type TestProvider, testProvider } from './provider.ts';

/** What browsers, people and the machines between them do to a page beyond opening it once. */
describe('a sign-in', () => {
  let as: TestProvider;
  let agent: Agent;
  beforeEach(async () => {
    as = await testProvider();
    agent = new Agent();
  });
  afterEach(async () => {
    expect(as.errors).to.deep.equal([]);
    await as.close();
  });

  const open = async () => agent.open(await as.authorizationUrl());
  const right = { action: 'continue', ...person };

  it('in two tabs is two sign-ins, and each gets its code', async () => {
    const [one, other] = [await open(), await open()];
    expect(one.url).to.not.equal(other.url);
    const [first, second] = [await agent.post(one, right), await agent.post(other, right)];
    const codes = [await agent.post(second, { action: 'continue' }), await agent.post(first, { action: 'continue' })];

    expect(new Set(codes.map(({ answer }) => answer.get('code'))).size, 'two codes').to.equal(2);
    for (const { answer } of codes) expect(answer.get('code')).to.be.a('string');
  });

  it('whose button is clicked twice ends as with one click: a code, no error', async () => {
    const consent = await agent.post(await open(), right);
    const answers = await Promise.all([1, 2].map(() => agent.post(consent, { action: 'continue' })));
    const codes = answers.map(({ answer }) => answer.get('code')).filter(Boolean);

    expect(codes.length).to.be.within(1, 2);
    expect(new Set(codes).size).to.equal(codes.length);
    for (const { status } of answers) expect(status).to.be.below(500);
  });

  it('whose answer was lost is the same when the page is loaded or posted again', async () => {
    const login = await open();
    const token = { token: login.token };
    const lost = await agent.fetch(login.url, { method: 'POST', body: new URLSearchParams({ ...token, ...right }) });
    await lost.body?.cancel();
    const again = await agent.open(login.url);
    expect(again.heading).to.equal('Allow access?');
    // The form of before is of another step: it is shown anew, and decides nothing.
    const stale = await agent.post(login, right);
    expect([stale.status, stale.heading]).to.deep.equal([403, 'Allow access?']);

    expect((await agent.post(again, { action: 'continue' })).answer.get('code')).to.be.a('string');
  });

  it('is not spent by a scanner that opens its page before the person, in no browser of theirs', async () => {
    const login = await open();
    for (const method of ['HEAD', 'GET']) {
      const { status } = await fetch(login.url, { method, redirect: 'manual' });
      expect(status, method).to.equal(400);
    }
    const consent = await agent.post(login, right);
    expect((await agent.fetch(login.url, { method: 'HEAD' })).status, 'HEAD in the browser').to.equal(200);

    expect((await agent.post(consent, { action: 'continue' })).answer.get('code')).to.be.a('string');
  });

  it('that is over says so to the back button, and leads nowhere else', async () => {
    const consent = await agent.post(await open(), right);
    await agent.post(consent, { action: 'continue' });
    for (const back of [await agent.open(consent.url), await agent.post(consent, { action: 'continue' })]) {
      expect([back.status, back.heading]).to.deep.equal([400, 'This sign-in is no longer open']);
    }
  });
});
