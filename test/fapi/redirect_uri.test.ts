import { expect } from 'chai';

import { closeAll, served } from '../support/held.ts';
import type { RawClient } from '../support/raw_client.ts';

describe('RFC6749-3.1.2 where a person is sent after a logout', () => {
  after(closeAll);

  const uris = [
    'https://client.example.com/out',
    'https://client.example.com/out?app=1',
    'https://client.example.com/out?app=2',
    'https://client.example.com/out?next=a%20b&flag&sig=x~y&q=%c3%a9&empty=',
    'https://client.example.com/out?next=a+b&flag&sig=x~y&q=%c3%a9&empty=',
    "https://client.example.com/out/%7Eme/?p='()*!;:@/?,$",
    'https://client.example.com?',
    'https://CLIENT.example.com:443/%7e',
  ];
  let client: RawClient;
  before(async () => {
    client = await served({ client: { post_logout_redirect_uris: uris } });
  });

  /** The address a browser is sent to, as it stands in the answer. */
  async function left(post_logout_redirect_uri: string, state?: string): Promise<string | null> {
    const asked = new URLSearchParams({ client_id: 'client', post_logout_redirect_uri, ...(state && { state }) });
    const page = await client.request(`/session/end?${asked}`, { headers: { accept: 'text/html' } });
    const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page.body) ?? [];
    const cookie = page.headers.getSetCookie().map((line) => line.split(';')[0]);
    const { headers } = await client.request('/session/end/confirm', {
      method: 'POST',
      headers: { cookie: cookie.join('; ') },
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
    });
    return headers.get('location');
  }

  for (const uri of uris) {
    it(`is ${uri}, to the letter`, async () => {
      expect(await left(uri)).to.equal(uri);
      expect(await left(uri, 'a b')).to.equal(`${uri}${uri.includes('?') ? '&' : '?'}state=a+b`);
    });
  }

  it('is the same for a logout that is asked for by POST', async () => {
    const body = new URLSearchParams({ client_id: 'client', post_logout_redirect_uri: uris[2] as string, state: 's' });
    const { status, headers } = await client.request('/session/end', { method: 'POST', body });
    expect(status).to.equal(303);
    expect(headers.get('location')).to.equal(`?${body}`);
  });

  it('is no address but a registered one', async () => {
    for (const other of ['https://client.example.com/out?app=3', 'https://client.example.com/OUT', `${uris[0]}/`]) {
      expect(await left(other), other).to.equal(null);
    }
  });
});
