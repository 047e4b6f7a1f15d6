import type { IncomingMessage, ServerResponse } from 'node:http';

import { expect } from 'chai';

import { mounted, pathOf } from '../../lib/http/mount.ts';

describe('RFC8414-3.1 a server under a path', () => {
  const response = {} as ServerResponse;
  const rows: [url: string | undefined, seen: string][] = [
    ['/op/token?a=/op/', '/token?a=/op/'],
    ['/op', '/'],
    ['/op/', '/'],
    ['/op?a=b', '/?a=b'],
    ['/.well-known/oauth-authorization-server/op', '/.well-known/oauth-authorization-server'],
    ['/.well-known/oauth-authorization-server/op?a', '/.well-known/oauth-authorization-server?a'],
    ['/.well-known/oauth-authorization-server', '/.nowhere'],
    ['/opx/token', '/.nowhere'],
    ['/x/op/token', '/.nowhere'],
    ['/', '/.nowhere'],
    [undefined, '/.nowhere'],
  ];
  for (const [url, seen] of rows) {
    it(`sees ${seen} for ${url}`, () => {
      const req = { url } as IncomingMessage & { baseUrl?: string };
      const passed: unknown[] = [];
      mounted((...both) => passed.push(...both), '/op')(req, response);
      expect([passed, req.url, req.baseUrl]).to.deep.equal([[req, response], seen, '/op']);
    });
  }

  it('at the root is itself', () => {
    const handler = () => undefined;
    expect(mounted(handler, '')).to.equal(handler);
  });

  it('has the path of its issuer', () => {
    expect(
      ['https://as.example.com', 'https://as.example.com/', 'https://as.example.com/a/b/'].map(pathOf),
    ).to.deep.equal(['', '', '/a/b']);
  });
});
