import { expect } from 'chai';

import { derContent, derValues } from '../../lib/certificates/der.ts';

const bytes = (hex: string) => Buffer.from(hex, 'hex');

describe('DER', () => {
  it('is read value by value', () => {
    const long = '61'.repeat(0x80);
    const values = [...derValues(bytes(`020107${`048180${long}`}0500`))];
    expect(values.map(({ tag, content, whole }) => [tag, content.toString('hex'), whole.length])).to.deep.equal([
      [2, '07', 3],
      [4, long, 0x83],
      [5, '', 2],
    ]);
    expect(derContent(bytes('3003020107')).toString('hex')).to.equal('020107');
    expect(derContent(bytes('020107'), 2).toString('hex')).to.equal('07');
    expect(derContent(bytes('30840000000102')).toString('hex')).to.equal('02');
  });

  const broken: Record<string, [hex: string, why: string]> = {
    nothing: ['', 'not the DER value that is expected'],
    'another value': ['020107', 'not the DER value that is expected'],
    'two values': ['30003000', 'not the DER value that is expected'],
    'no length': ['30', 'no DER length'],
    'less than its length': ['300302', 'DER that ends too early'],
    'less than its long length': ['308201', 'no DER length'],
    'a length of no bytes': ['30800000', 'no DER length'],
    'a length of five bytes': ['3085000000000102', 'no DER length'],
  };
  for (const [what, [hex, why]] of Object.entries(broken)) {
    it(`of ${what} is refused`, () => expect(() => derContent(bytes(hex))).to.throw(SyntaxError, why));
  }
});
