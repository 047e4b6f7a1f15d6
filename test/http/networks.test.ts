import { expect } from 'chai';

import { reachable } from '../../lib/http/networks.ts';

describe('What requests of our own may reach', () => {
  it('is the public Internet, and no name that is no address', () => {
    const { address } = reachable();
    expect(['9.9.9.9', '2606:4700::1'].map(address)).to.deep.equal([true, true]);
    for (const inside of ['10.0.0.1', '127.0.0.1', '::1', '::ffff:10.0.0.1', '64:ff9b::a00:1', 'as.example.com', ''])
      expect(address(inside), inside).to.equal(false);
  });

  it('is what is named besides: a range, an address, a name, names below', () => {
    const allowed = reachable(['10.1.0.0/16', '10.9.9.9', 'fd00::1', 'rp.internal', '*.lan.example']);
    for (const named of ['10.1.2.3', '::ffff:10.1.2.3', '10.9.9.9', 'fd00::1'])
      expect(allowed.address(named), named).to.equal(true);
    expect(['10.2.0.1', '10.9.9.8', 'fd00::2'].map(allowed.address)).to.deep.equal([false, false, false]);
    expect(['RP.internal.', 'a.lan.example'].map(allowed.named)).to.deep.equal([true, true]);
    for (const other of ['xrp.internal', 'lan.example', 'evillan.example', 'fd00::1'])
      expect(allowed.named(other), other).to.equal(false);
  });

  it('is refused by its name alone where that says so', () => {
    const told = (host: string) => `${host} is inside, and outbound.allow does not name it`;
    const { refused } = reachable(['rp.internal']);
    expect(['rp.internal', 'rp.example.com', '9.9.9.9'].map(refused)).to.deep.equal([undefined, undefined, undefined]);
    expect(refused('[::1]')).to.equal(told('::1'));
    expect(['10.0.0.1', 'localhost', 'A.LOCALHOST.'].map(refused)).to.deep.equal(
      ['10.0.0.1', 'localhost', 'A.LOCALHOST.'].map(told),
    );
    expect(['notlocalhost', 'localhost.example'].map(refused)).to.deep.equal([undefined, undefined]);
    expect(reachable(['localhost']).refused('localhost')).to.equal(undefined);
    expect(reachable(['127.0.0.0/8']).refused('localhost')).to.equal(undefined);
    expect(reachable(['::1']).refused('localhost')).to.equal(undefined);
  });
});
