import { expect } from 'chai';
import { closeAll, served } from '../support/held.ts';
import type { RawClient } from '../support/raw_client.ts';

const now = () => Math.floor(Date.now() / 1000);

/** Authorizes once more in the same browser, and answers the session. */
async function used(raw: RawClient) {
  const code = await raw.provider.AuthorizationCode.find(await raw.code());
  const session = await raw.provider.Session.findByUid(`${code?.sessionUid}`);
  if (!session) throw new Error('there is no session');
  return session;
}

describe('A login in the browser', () => {
  after(closeAll);

  it('ends when it is not used, and each use puts that off', async () => {
    const raw = await served({ settings: { ttl: { session_idle: 100 } } });
    const session = await used(raw);
    expect(session.exp - now()).to.be.within(95, 100);
    await session.save(50);
    expect((await used(raw)).exp - now()).to.be.within(95, 100);
  });

  it('ends so long after the login, however much it is used', async () => {
    const raw = await served({ own: { ttl: { Session: 1000 } }, settings: { ttl: { session_idle: 100 } } });
    const session = await used(raw);
    session.loginTs = now() - 960;
    await session.save(90);
    const again = await used(raw);
    expect(again.loginTs).to.equal(session.loginTs);
    expect(again.exp).to.be.within(Number(session.loginTs) + 999, Number(session.loginTs) + 1001);
  });

  it('lives as long as a function of the deployment lets it, and no longer idle than the setting', async () => {
    for (const [longest, left] of [
      [40, 40],
      [4000, 100],
    ] as const) {
      const raw = await served({ own: { ttl: { Session: () => longest } }, settings: { ttl: { session_idle: 100 } } });
      expect((await used(raw)).exp - now()).to.be.within(left - 5, left);
    }
  });
});
