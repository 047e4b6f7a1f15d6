import { expect } from 'chai';

import { readJson } from '../../lib/config/json_source.ts';

describe('A file of JSON', () => {
  it('is read as that, pretty or dense', () => {
    const data = { clients: [{ client_id: 'a "b" \\ ü', n: 1.5, yes: true, none: null }] };
    expect(readJson(JSON.stringify(data))).to.deep.equal(data);
    expect(readJson(`${JSON.stringify(data, null, 2)}\n`)).to.deep.equal(data);
  });

  for (const [what, text] of Object.entries({
    'a key that stands there twice': '{"a":1,"a":2}',
    'a variable': `{"a":"$${'{PORT}'}"}`,
    'a number that is written otherwise': '{"a":1e3}',
    'a name that objects have': '{"__proto__":{}}',
    YAML: 'a: 1',
    'a comment': '{"a":1} # one',
    nothing: '',
  })) {
    it(`is left to the reader of YAML, which says what is wrong, where there is ${what}`, () => {
      expect(readJson(text)).to.equal(undefined);
    });
  }
});
