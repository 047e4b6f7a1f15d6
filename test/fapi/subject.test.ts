import { expect } from 'chai';
import { decodeJwt } from 'jose';

import { clientViolations, violations } from '../../lib/profile.ts';
import { fapi2SecurityProfile } from '../../lib/profiles/fapi2_security_profile.ts';
import { configurationWith } from '../support/configuration.ts';
import { closeAll, held, served } from '../support/held.ts';
import type { RawClient } from '../support/raw_client.ts';

const pairwiseSalt = Buffer.alloc(32, 1);
const settings = { subject: { subject: 'pairwise', pairwiseSalt } } as const;

async function login(client: RawClient, more = {}) {
  const { body } = await client.exchange(await client.code({ ...client.params, ...more }));
  return { ...body, sub: decodeJwt(body.id_token).sub as string };
}

describe('Subjects', () => {
  after(closeAll);

  held('OIDCC-8.1', { by: 'subject', settings }, async (client) => {
    const { sub } = await login(client);
    expect(sub).to.match(/^[\w-]{43}$/);
    const { body } = await client.request('/.well-known/openid-configuration');
    expect(body.subject_types_supported).to.deep.equal(['pairwise']);
  });

  it('OIDCC-8.1 are the same each time for one sector, and others for another sector or secret', async () => {
    const subs = [];
    for (const [secret, host] of [
      [1, 'client.example.com'],
      [1, 'client.example.com'],
      [1, 'client.example.org'],
      [2, 'client.example.com'],
    ] as const) {
      const own = { subject: 'pairwise', pairwiseSalt: Buffer.alloc(32, secret) } as const;
      const redirect_uris = [`https://${host}/callback`, 'https://client.example.com/callback'];
      const sector_identifier_uri = `https://${host}/sector.json`;
      const client = await served({
        settings: { subject: own },
        client: { redirect_uris, sector_identifier_uri },
        own: { fetch: async () => Response.json(redirect_uris) },
      });
      subs.push((await login(client)).sub);
    }
    expect(subs[0]).to.equal(subs[1]);
    expect(new Set(subs).size).to.equal(3);
  });

  it('OIDCC-8.1 refuses a client of two hosts without a sector, and one whose sector does not list its redirect URIs', async () => {
    const redirect_uris = ['https://client.example.com/callback', 'https://client.example.org/callback'];
    const without = await served({ settings, client: { redirect_uris } }).catch((error) => error);
    expect(without.message).to.include('sector_identifier_uri is mandatory');
    const other = await served({
      settings,
      client: { redirect_uris, sector_identifier_uri: 'https://client.example.com/sector.json' },
      own: { fetch: async () => Response.json([]) },
    });
    const { body } = await other.push();
    expect(body.error).to.be.oneOf(['invalid_client', 'invalid_client_metadata']);
  });

  it('OIDCC-8.1 are public unless a client asks for pairwise ones', async () => {
    const open = { subject: { subject: 'public', pairwiseSalt } } as const;
    const [one, other] = [
      await login(await served({ settings: open })),
      await login(await served({ settings: open, client: { subject_type: 'pairwise' } })),
    ];
    expect(one.sub).to.equal('demo');
    expect(other.sub).to.match(/^[\w-]{43}$/);
  });

  it('OIDCC-8.1 are one at userinfo, introspection and in a hint', async () => {
    const client = await served({ settings });
    const { sub, access_token, id_token } = await login(client);
    expect((await client.get('/me', access_token)).body.sub).to.equal(sub);
    expect((await client.post('/token/introspection', { token: access_token })).body.sub).to.equal(sub);
    expect((await login(client, { id_token_hint: id_token })).sub).to.equal(sub);
  });

  it('OIDCC-8.1 cannot be pairwise without a secret, nor public where all are to be pairwise', () => {
    const profile = fapi2SecurityProfile({ subject: { subject: 'pairwise' } });
    const found = violations(profile, configurationWith({ subjectTypes: ['public', 'pairwise'] }));
    expect(found.map(({ clause, path }) => [clause, path?.join()])).to.deep.equal([
      ['OIDCC-8.1', 'subjectTypes'],
      ['OIDCC-8.1', 'pairwiseIdentifier'],
    ]);
  });

  it('OIDCBCL-2.2 refuses a logout URI in the clear', () => {
    const found = clientViolations(fapi2SecurityProfile(), {
      client_id: 'x',
      backchannel_logout_uri: 'http://client.example.com/logout',
    } as never);
    expect(found.map(({ clause }) => clause)).to.include('OIDCBCL-2.2');
  });
});
