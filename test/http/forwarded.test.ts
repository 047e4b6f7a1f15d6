import { expect } from 'chai';
import Koa from 'koa';

import { forwarded, trustedProxies } from '../../lib/http/forwarded.ts';
import { listen } from '../support/listener.ts';

describe('Which addresses are a proxy’s', () => {
  const trusted = trustedProxies(['10.0.0.0/8', '192.0.2.1', 'fd00::/8', '2001:db8::1']);
  const rows: [string | undefined, boolean][] = [
    ['10.1.2.3', true],
    ['11.1.2.3', false],
    ['192.0.2.1', true],
    ['192.0.2.2', false],
    ['::ffff:10.1.2.3', true],
    ['::ffff:11.1.2.3', false],
    ['fd12::1', true],
    ['2001:db8::1', true],
    ['2001:db8::2', false],
    ['', false],
    [undefined, false],
    ['10.1.2.3.example.com', false],
  ];
  for (const [address, is] of rows) {
    it(`${address} is ${is ? 'one' : 'none'}`, () => expect(trusted(address)).to.equal(is));
  }

  it('none, unless they are configured', () => expect(trustedProxies()('127.0.0.1')).to.equal(false));
});

describe('RFC9700-4.13 headers that speak for the client', () => {
  async function seen(ranges: string[], headers: Record<string, string>) {
    const app = new Koa({ proxy: true }).use(forwarded(trustedProxies(ranges))).use((ctx) => {
      const { ip, protocol, host } = ctx;
      const certificate = ctx.get('client-cert') || ctx.get('client-cert-chain');
      ctx.body = { ip, protocol, host, certificate, rest: ctx.get('forwarded') || ctx.get('x-real-ip') };
    });
    const listener = await listen(app);
    const { body } = await listener.ask('/', { headers: { host: 'proxied.example.com', ...headers } });
    await listener.close();
    return body;
  }

  const headers = {
    'x-forwarded-for': '192.0.2.66, 198.51.100.1',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'as.example.com',
    'client-cert': ':MIIB:',
    'client-cert-chain': ':MIIB:',
    forwarded: 'for=192.0.2.66',
    'x-real-ip': '192.0.2.66',
  };

  it('count from a trusted proxy', async () =>
    expect(await seen(['127.0.0.1'], headers)).to.deep.equal({
      ip: '198.51.100.1',
      protocol: 'https',
      host: 'as.example.com',
      certificate: ':MIIB:',
      rest: '',
    }));

  it('are gone when they come from anybody else', async () =>
    expect(await seen(['10.0.0.0/8'], headers)).to.deep.equal({
      ip: '127.0.0.1',
      protocol: 'http',
      host: 'proxied.example.com',
      certificate: '',
      rest: '',
    }));

  it('count only as far as the proxy itself wrote them', async () => {
    const spoofed = {
      'x-forwarded-for': '203.0.113.9, 192.0.2.66, 127.0.0.1',
      'x-forwarded-proto': 'http, https',
      'x-forwarded-host': 'evil.example, as.example.com',
    };
    const { ip, protocol, host } = await seen(['127.0.0.1'], spoofed);
    expect({ ip, protocol, host }).to.deep.equal({ ip: '192.0.2.66', protocol: 'https', host: 'as.example.com' });
  });
});
