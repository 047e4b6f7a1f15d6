import { expect } from 'chai';

import { bareHost, isLocal, isLocalHost, urlHost } from '../../lib/http/address.ts';

describe('A host of this machine', () => {
  const local = ['localhost', 'LOCALHOST', 'as.localhost', 'ip6-localhost', '127.0.0.1', '127.9.9.9', '::1', '[::1]'];
  const other = [
    'xlocalhost',
    'localhost.example.com',
    'localhostx',
    '128.0.0.1',
    '::2',
    '[::2]',
    'x[::1]',
    '[::1]x',
    '',
  ];
  for (const host of local) it(`is ${host}`, () => expect(isLocal(host)).to.equal(true));
  for (const host of other) it(`is not ${host || 'nothing'}`, () => expect(isLocal(host)).to.equal(false));

  it('is known in a Host header, with a port or without', () => {
    for (const header of ['localhost', 'localhost:9443', '[::1]:1', '127.0.0.1:80'])
      expect(isLocalHost(header), header).to.equal(true);
    for (const header of [undefined, '', 'as.example.com', '127.0.0.1:80x', 'localhost:1:2'])
      expect(isLocalHost(header), header).to.equal(false);
  });

  it('is written with brackets in a URL, and without elsewhere', () => {
    expect(['::1', 'fe80::1%eth0', '127.0.0.1', 'a.example'].map(urlHost)).to.deep.equal([
      ...['[::1]', '[fe80::1]', '127.0.0.1', 'a.example'],
    ]);
    expect(['[::1]', '::1', 'x[::1]', '[::1]x'].map(bareHost)).to.deep.equal(['::1', '::1', 'x[::1]', '[::1]x']);
  });
});
