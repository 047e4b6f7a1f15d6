import { isIP } from 'node:net';

import { expect } from 'chai';
import fc from 'fast-check';
import Koa from 'koa';

import { addressOf, forwarded, trustedProxies } from '../../lib/http/forwarded.ts';
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
    it(`${address === '' ? 'nothing written' : (address ?? 'no address')} is ${is ? 'one' : 'none'}`, () =>
      expect(trusted(address)).to.equal(is));
  }

  it('none, unless they are configured', () => expect(trustedProxies()('127.0.0.1')).to.equal(false));
});

describe('An address out of a header', () => {
  const rows: [text: string, address: string | undefined][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:4711', '192.0.2.1'],
    [' "192.0.2.1:4711" ', '192.0.2.1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:0db8:0:0:0:0:0:1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['"[2001:db8::1]:4711"', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:80', 'fe80::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['[::ffff:c000:201]:1', '192.0.2.1'],
    ['unknown', undefined],
    ['_hidden', undefined],
    ['010.0.0.1', undefined],
    ['1.2.3', undefined],
    ['[192.0.2.1]', undefined],
    ['192.0.2.1:port', undefined],
    ['as.example.com', undefined],
    ['', undefined],
    ['9'.repeat(5000), undefined],
    [`${' '.repeat(91)}192.0.2.1`, '192.0.2.1'],
    [`${' '.repeat(92)}192.0.2.1`, undefined],
    ['19"2.0.2.1"', undefined],
    ['"192.0.2".1', undefined],
    ['x[2001:db8::1]', undefined],
    ['[2001:db8::1]x', undefined],
    ['fe80:%x:1', undefined],
    ['2001:db8::ffff:c000:201', '2001:db8::ffff:c000:201'],
    ['::ffff:a:b:1', '::ffff:a:b:1'],
  ];
  for (const [text, address] of rows) {
    it(`${text.slice(0, 40) || 'nothing'} is ${address ?? 'none'}`, () => expect(addressOf(text)).to.equal(address));
  }

  it('is an address in one spelling, or none, whatever stands there', () => {
    const hostile = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.stringMatching(/^[[\]"%:.\da-f]{0,60}$/));
    fc.assert(
      fc.property(hostile, (text) => {
        const address = addressOf(text);
        expect(address === undefined || (isIP(address) > 0 && addressOf(address) === address)).to.equal(true);
      }),
    );
    fc.assert(
      fc.property(fc.ipV6(), fc.nat(65535), (ip, port) => {
        expect(addressOf(`"[${ip}]:${port}"`)).to.equal(addressOf(ip));
      }),
    );
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(65535), (ip, port) => {
        expect(addressOf(`${ip}:${port}`)).to.equal(ip);
      }),
    );
  });

  it('is in the network that its bits say', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (network, ip, bits) => {
        const number = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
        const same = Math.floor(number(network) / 2 ** (32 - bits)) === Math.floor(number(ip) / 2 ** (32 - bits));
        expect(trustedProxies([`${network}/${bits}`])(ip)).to.equal(same);
        expect(trustedProxies([`${network}/${bits}`])(`[::ffff:${ip}]:1`)).to.equal(same);
      }),
    );
  });
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

  it('name the client by its address alone, whatever a proxy writes around it, or leave it the peer’s', async () => {
    const rows: [list: string, ip: string][] = [
      ['198.51.100.1:4711', '198.51.100.1'],
      ['192.0.2.66, "[2001:DB8::1]:4711"', '2001:db8::1'],
      ['198.51.100.1, 127.0.0.1:80', '198.51.100.1'],
      ['198.51.100.1, unknown', '127.0.0.1'],
      ['<script>', '127.0.0.1'],
    ];
    for (const [list, ip] of rows) expect((await seen(['127.0.0.1'], { 'x-forwarded-for': list })).ip).to.equal(ip);
  });

  it('name the nearest of proxies where there is nobody but proxies', async () =>
    expect((await seen(['127.0.0.0/8'], { 'x-forwarded-for': '127.0.0.3, 127.0.0.2' })).ip).to.equal('127.0.0.2'));

  it('are not those of RFC 7239, which proxies pass on as clients write them', async () => {
    const own = { forwarded: 'for=192.0.2.66;proto=https;host=evil.example' };
    const peer = { ip: '127.0.0.1', protocol: 'http', host: 'proxied.example.com', certificate: '', rest: '' };
    expect(await seen(['127.0.0.1'], own)).to.deep.equal(peer);
  });

  it('of certificates go by whatever names they are given', async () => {
    const app = new Koa().use(forwarded(trustedProxies(), ['x-cert'])).use((ctx) => {
      ctx.body = ctx.get('x-cert') || 'none';
    });
    const listener = await listen(app);
    const { text } = await listener.ask('/', { headers: { 'x-cert': 'MIIB' } });
    await listener.close();
    expect(text).to.equal('none');
  });
});
