import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { mock } from 'node:test';
import { gzipSync } from 'node:zlib';

import { expect } from 'chai';

import { outboundFetch } from '../../lib/http/outbound.ts';
import { causesOf } from '../../lib/server/log_requests.ts';
import { connectProxy, outsideAuthority, outsideServer } from '../support/outside.ts';

const ca = [outsideAuthority.certificate];

/** A reason why a request failed, as the log has it. */
const failure = (request: Promise<Response>): Promise<string> =>
  request.then(
    ({ status }) => `answered ${status}`,
    (error: Error) => `${error.message}: ${causesOf(error)}`,
  );

describe('Requests of our own', () => {
  let server: Awaited<ReturnType<typeof outsideServer>>;
  let stalled: () => void = () => {};
  before(async () => {
    server = await outsideServer((request, response) => {
      const answers: Record<string, () => unknown> = {
        '/keys': () => response.end('{"keys":[]}'),
        '/moved': () => response.writeHead(302, { location: '/keys' }).end(),
        '/large': () => response.end(Buffer.alloc(256 * 1024 + 1, 'x')),
        '/packed': () => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{}')),
        '/nothing': () => response.writeHead(204).end(),
        '/stalls': () => response.write('{', () => stalled()),
        '/echo': async () => response.end(`${request.method} ${request.headers['content-type']} ${await body()}`),
      };
      const body = async () => (await request.toArray()).join('');
      answers[`${request.url}`]?.();
    });
  });
  after(() => server.close());
  const at = (path: string, host = '127.0.0.1') => `https://${host}:${server.port}${path}`;

  describe('go to the public Internet alone', () => {
    for (const host of [
      '127.0.0.1',
      'localhost',
      'localhost.',
      'LOCALHOST',
      '2130706433',
      '0x7f.1',
      '127.1',
      '0.0.0.0',
      '[::1]',
      '[::]',
      '[::ffff:127.0.0.1]',
      '[::127.0.0.1]',
      '[64:ff9b::7f00:1]',
      '[2002:7f00:1::]',
    ]) {
      it(`and not to ${host}`, async () => {
        const before = server.connections();
        expect(await failure(outboundFetch({ ca })(at('/keys', host)))).to.contain('outbound.allow does not name it');
        expect(server.connections()).to.equal(before);
      });
    }

    it('and to no network inside', async () => {
      for (const host of [
        '10.0.0.1',
        '172.31.0.1',
        '192.168.1.1',
        '169.254.169.254',
        '100.64.0.1',
        '[fd00::1]',
        '[fe80::1]',
        '[ff02::1]',
        '[2001:db8::1]',
        '224.0.0.1',
        '255.255.255.255',
      ]) {
        expect(await failure(outboundFetch()(`https://${host}/`)), host).to.contain('outbound.allow does not name it');
      }
    });

    it('and by https alone', async () => {
      expect(await failure(outboundFetch({ allow: ['localhost'] })('http://localhost/'))).to.contain('only https');
    });
  });

  describe('go where they are allowed to', () => {
    for (const [allow, host] of [
      ['127.0.0.0/8', '127.0.0.1'],
      ['127.0.0.1', 'localhost'],
      ['localhost', 'localhost'],
      ['LocalHost.', 'localhost'],
    ] as const) {
      it(`${allow}: ${host}`, async () => {
        const response = await outboundFetch({ ca, allow: [allow] })(at('/keys', host));
        expect(await response.json()).to.deep.equal({ keys: [] });
      });
    }

    it('*.example.com: every name below it, and no other', async () => {
      const names = mock.method(dns, 'lookup', (_host: string, _options: object, done: (...found: unknown[]) => void) =>
        done(null, [{ address: '127.0.0.1', family: 4 }]),
      );
      syncBuiltinESMExports();
      try {
        const outbound = outboundFetch({ ca, allow: ['*.example.com'] });
        expect((await outbound(at('/keys', 'keys.example.com'))).status).to.equal(200);
        for (const other of ['example.com', 'keys.example.com.evil.example', 'badexample.com']) {
          expect(await failure(outbound(at('/keys', other))), other).to.contain('is 127.0.0.1, inside');
        }
      } finally {
        names.mock.restore();
        syncBuiltinESMExports();
      }
    });

    it('and nowhere by a name that means one address when it is judged and another when it is connected to', async () => {
      let asked = 0;
      const names = mock.method(
        dns,
        'lookup',
        (_host: string, _options: object, done: (...found: unknown[]) => void) => {
          asked += 1;
          // The first is nobody's; only whoever asks a second time is sent inside.
          done(null, [{ address: asked === 1 ? '127.0.0.2' : '127.0.0.1', family: 4 }]);
        },
      );
      syncBuiltinESMExports();
      try {
        const before = server.connections();
        const refused = await failure(outboundFetch({ ca, allow: ['127.0.0.2'] })(at('/keys', 'keys.example.com')));
        expect(refused).to.contain('ECONNREFUSED 127.0.0.2');
        expect({ asked, reached: server.connections() - before }).to.deep.equal({ asked: 1, reached: 0 });
      } finally {
        names.mock.restore();
        syncBuiltinESMExports();
      }
    });
  });

  describe('take an answer', () => {
    const outbound = outboundFetch({ ca, allow: ['127.0.0.1'] });

    it('and no redirect to another', async () => {
      expect(await failure(outbound(at('/moved')))).to.contain('answers 302, and no redirect is followed');
    });

    it('of 256 KiB, and no more', async () => {
      expect(await failure(outbound(at('/large')))).to.contain('larger than 262144 bytes');
    });

    it('as it is, not packed', async () => {
      expect(await failure(outbound(at('/packed')))).to.contain('content-encoding gzip');
    });

    it('within a time', async () => {
      const control = new AbortController();
      stalled = () => control.abort();
      expect(await failure(outbound(at('/stalls'), { signal: control.signal }))).to.contain('it took too long');
    });

    it('without a body', async () => {
      const response = await outbound(at('/nothing'), { method: 'POST', body: 'x', redirect: 'manual' });
      expect([response.status, await response.text()]).to.deep.equal([204, '']);
    });

    it('to what they send', async () => {
      const type = 'application/x-www-form-urlencoded';
      const body = new URLSearchParams({ logout_token: 'a b' });
      const response = await outbound(at('/echo'), { method: 'POST', headers: { 'content-type': type }, body });
      expect(await response.text()).to.equal(`POST ${type} logout_token=a+b`);
    });

    it('of a server whose certificate is good', async () => {
      expect(await failure(outboundFetch({ allow: ['127.0.0.1'] })(at('/keys')))).to.match(/certificate/);
    });
  });

  describe('go through a proxy', () => {
    it('by CONNECT, also to names that only it knows, and with its credentials', async () => {
      let sent: string | undefined;
      const proxy = await connectProxy(({ headers }) => {
        sent = headers['proxy-authorization'];
        return 200;
      });
      try {
        const outbound = outboundFetch({ ca, proxy: `http://us%40er:pass%3Aword@${proxy.address}` });
        expect(await (await outbound(at('/keys', 'keys.example.com'))).json()).to.deep.equal({ keys: [] });
        expect(proxy.asked).to.deep.equal([`keys.example.com:${server.port}`]);
        expect(Buffer.from(`${sent?.split(' ')[1]}`, 'base64').toString()).to.equal('us@er:pass:word');
        expect(await failure(outbound(at('/stalls', 'keys.example.com'), { signal: AbortSignal.abort() }))).to.contain(
          'too long',
        );
        expect(await failure(outbound(at('/keys', 'other.example.com')))).to.contain('does not match certificate');
      } finally {
        await proxy.close();
      }
    });

    it('and not inside, unless that is allowed', async () => {
      const sent: unknown[] = [];
      const proxy = await connectProxy(({ headers }) => {
        sent.push(headers['proxy-authorization']);
        return 200;
      });
      try {
        const through = { ca, proxy: `http://${proxy.address}` };
        for (const host of ['127.0.0.1', 'localhost', 'a.localhost', '[::1]', '2130706433', '10.0.0.1']) {
          expect(await failure(outboundFetch(through)(at('/keys', host))), host).to.contain('does not name it');
        }
        expect(proxy.asked).to.deep.equal([]);
        const allowed = outboundFetch({ ...through, allow: ['127.0.0.0/8'] });
        expect((await allowed(at('/keys'))).status).to.equal(200);
        expect((await allowed(at('/keys', 'localhost'))).status).to.equal(200);
        expect(proxy.asked).to.have.length(2);
        expect(sent).to.deep.equal([undefined, undefined]);
      } finally {
        await proxy.close();
      }
    });

    it('that refuses, is away or speaks something else: the reason is told, the password never', async () => {
      const proxy = await connectProxy(() => 407);
      const refusing = outboundFetch({ ca, proxy: `http://user:hidden@${proxy.address}` });
      const refused = await failure(refusing(at('/keys', 'keys.example.com')));
      expect(refused).to.contain(
        `the proxy ${proxy.address} opens no way to keys.example.com:${server.port}: it answers 407`,
      );
      await proxy.close();
      const away = await failure(refusing(at('/keys', 'keys.example.com')));
      expect(away).to.contain('ECONNREFUSED');
      const other = await failure(
        outboundFetch({ ca, proxy: `https://user:hidden@127.0.0.1:${server.port}` })(at('/keys', 'keys.example.com')),
      );
      expect(other).to.contain('opens no way');
      expect(refused + away + other).not.to.contain('hidden');
    });
  });

  it('may be allowed a host whose name begins with a number', () =>
    expect(outboundFetch({ allow: ['9.example.com'], proxy: 'https://proxy' })).to.be.a('function'));

  it('have settings that say what is wrong with them, and no password', () => {
    for (const [settings, reason] of [
      [{ allow: ['10.0.0.0/33'] }, /allow\.0 is no range/],
      [{ allow: ['10.0.0'] }, /allow\.0 is no range/],
      [{ allow: ['https://a.example'] }, /allow\.0 is no range/],
      [{ proxy: 'user:hidden@proxy' }, /proxy is no address of a proxy/],
      [{ proxy: 'socks5://user:hidden@proxy:1080' }, /proxy is no address of a proxy/],
      [{ proxy: 'ftp://proxy/' }, /proxy is no address of a proxy/],
      [{ proxy: 'xhttp://proxy/' }, /proxy is no address of a proxy/],
      [{ proxy: 'httpsx://proxy/' }, /proxy is no address of a proxy/],
      [{ proxy: 'http://proxy/path' }, /proxy is no address of a proxy/],
      [{ alow: [] }, /alow/],
    ] as const) {
      expect(() => outboundFetch(settings as never))
        .to.throw(TypeError, reason)
        .and.satisfy(({ message }: Error) => !message.includes('hidden'));
    }
  });
});
