import { expect } from 'chai';

import { isLocal, isLocalHost } from '../../lib/http/address.ts';

describe('hosts of this machine that no other machine reaches', () => {
  for (const host of ['localhost', 'as.localhost', '127.0.0.1', '127.9.9.9', '[::1]', '::1']) {
    it(`${host} is one`, () => {
      expect(isLocal(host)).to.equal(true);
    });
  }

  for (const host of [
    'localhost.example.com',
    '127.example.com',
    '127.0.0.1.nip.io',
    '127.0.0.1@a',
    '::',
    '10.0.0.1',
    '',
  ]) {
    it(`${host || 'an empty name'} is none`, () => {
      expect(isLocal(host)).to.equal(false);
    });
  }

  it('a Host header is taken with its port and without', () => {
    for (const host of ['localhost', 'localhost:9090', '127.0.0.1:9090', '[::1]:9090']) {
      expect(isLocalHost(host), host).to.equal(true);
    }
    for (const host of [undefined, '', 'localhost.evil.example', '127.0.0.1.nip.io', 'as.example.com:9090']) {
      expect(isLocalHost(host), host).to.equal(false);
    }
  });
});
