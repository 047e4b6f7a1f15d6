import { expect } from 'chai';

import { judge } from '../../lib/commands/judge.ts';
import { directory } from './written.ts';

const head = ['issuer: https://as.example.com', 'development: true'];
const details = (...lines: string[]) =>
  [
    ...head,
    'resources: [{ identifier: "https://api.example.com" }]',
    'authorization_details:',
    '  types:',
    '    payment:',
    ...lines.map((line) => `      ${line}`),
  ].join('\n');
const schema =
  'schema: { properties: { amount: { $ref: "#/$defs/money" } }, $defs: { money: { properties: { currency: {}, amount: {} } } } }';

describe('what is wrong with resources and types of authorization details', () => {
  const files = directory();
  const wrong = (text: string) => files.problems(text, { judge });

  it('a schema that is none', async () => {
    for (const none of [
      '{ type: objekt }',
      '{ properties: 7 }',
      '{ properties: { amount: { $ref: "#/$defs/no" } } }',
      '{ requierd: [a] }',
    ]) {
      const [problem, ...others] = await wrong(details(`schema: ${none}`));
      expect(problem, none).to.match(
        /^as\.yaml:7:7 authorization_details\.types\.payment\.schema: is no JSON Schema: .+ \[RFC9396-5\]$/,
      );
      expect(others).to.deep.equal([]);
    }
    expect(await wrong(details('schema: text')))
      .to.have.length(1)
      .and.match(/payment\.schema: is text, write a map/);
  });

  it('a template that names a member the schema lacks, or a format there is none of', async () => {
    const problems = await wrong(
      details(
        schema,
        'consent:',
        '  title: { en: "Pay {amount | money}", de: "{amonut | money} zahlen" }',
        '  fields: [{ label: To, value: "{creditor.name}" }, { label: Sum, value: "{amount.amount | mony}" }]',
        '  choose: accounts',
      ),
    );
    expect(problems).to.deep.equal([
      'as.yaml:9:9 authorization_details.types.payment.consent.title: names amonut, which the schema does not have [RFC9396-5]',
      'as.yaml:10:31 authorization_details.types.payment.consent.fields.0.value: names creditor.name, which the schema does not have [RFC9396-5]',
      'as.yaml:10:73 authorization_details.types.payment.consent.fields.1.value: {amount.amount | mony} has no known format, write one of money, account, date, time, number [RFC9396-5]',
      'as.yaml:11:9 authorization_details.types.payment.consent.choose: names accounts, which the schema does not have [RFC9396-5]',
    ]);
  });

  it('a choice of what is no list, or of a list inside of another, where unticking could leave nothing out', async () => {
    const lists =
      'schema: { properties: { name: { type: string }, accounts: { type: array, items: { properties: { rights: { type: array } } } } } }';
    for (const [choose, title] of [
      ['name', 'Pay'],
      ['accounts.rights', 'Pay'],
      ['accounts', 'Pay {name'],
    ] as const) {
      const problems = await wrong(details(lists, 'consent:', `  title: "${title}"`, `  choose: ${choose}`));
      expect(problems, choose).to.have.length(1);
      expect(problems[0]).to.match(/choose: names \S+, which is no list of the detail|title: has a brace by itself/);
    }
    const [problem] = await wrong(
      [...head, 'resources: [{ identifier: "https://a.example", scopes: ["a b"] }]'].join('\n'),
    );
    expect(problem).to.match(/resources\.0\.scopes\.0: is no scope/);
  });

  it('two types of one name', async () => {
    const problems = await wrong(`${details(schema)}\n    payment:\n      ${schema}`);
    expect(problems.join()).to.match(/^as\.yaml:8:\d+ .*this key stands here twice, remove one/);
  });

  it('a type of no resource, or of one there is not', async () => {
    expect(await wrong(details(schema, 'resource: https://other.example.com'))).to.deep.equal([
      'as.yaml:8:7 authorization_details.types.payment.resource: https://other.example.com is the identifier of no resource [RFC9396-3]',
    ]);
    expect(await wrong(details(schema).replace(/resources.*\n/, ''))).to.deep.equal([
      'as.yaml:5:5 authorization_details.types.payment.resource: is missing, write the identifier of a resource [RFC9396-3]',
    ]);
    expect(await wrong(details(schema))).to.deep.equal([]);
  });

  it('a resource whose identifier is no absolute URI', async () => {
    for (const identifier of ['/accounts', 'accounts', '"https://api.example.com/#x"', '""']) {
      const [problem] = await wrong([...head, 'resources:', `  - identifier: ${identifier}`].join('\n'));
      expect(problem, identifier).to.match(/^as\.yaml:4:5 resources\.0\.identifier: .* \[RFC8707-2\]$/);
    }
  });

  it('a resource whose identifier no resource answers at, or has another spelling [RFC8707-2]', async () => {
    const table: [identifier: string, text: RegExp][] = [
      ['javascript:alert(1)', /is a javascript: URI, at which no resource answers/],
      ['data:text/plain,x', /is a data: URI/],
      ['file:///etc/passwd', /is a file: URI/],
      ['http://api.example.com', /is reached without TLS, write https/],
      ['https://user:secret@api.example.com', /has a user or a password in it/],
      ['HTTPS://API.example.com/', /its one spelling: https:\/\/api\.example\.com\//],
      ['https://api.example.com:443/a', /its one spelling: https:\/\/api\.example\.com\/a/],
      ['https://api.example.com/a/../b', /its one spelling: https:\/\/api\.example\.com\/b/],
      ['https://api.example.com/%7ejane', /its one spelling: https:\/\/api\.example\.com\/~jane/],
      [' https://api.example.com', /its one spelling/],
      ['https://bücher.example/', /its one spelling: https:\/\/xn--bcher-kva\.example\//],
    ];
    for (const [identifier, text] of table) {
      const problems = await wrong([...head, 'resources:', `  - identifier: ${JSON.stringify(identifier)}`].join('\n'));
      expect(problems, identifier).to.have.length(1);
      expect(problems[0], identifier)
        .to.match(/^as\.yaml:4:5 resources\.0\.identifier: /)
        .and.match(text);
    }
    for (const identifier of [
      'https://api.example.com',
      'https://api.example.com/',
      'https://api.example.com/a?version=1',
      'https://api.example.com:8443/a',
      'http://localhost:3000/api',
      'http://[::1]:3000',
      'urn:example:accounts',
      'api://accounts',
    ]) {
      expect(
        await wrong([...head, `resources: [{ identifier: "${identifier}" }]`].join('\n')),
        identifier,
      ).to.deep.equal([]);
    }
  });

  it('a resource with a scope of OpenID Connect, or one that is another in a second spelling [RFC8707-2.2]', async () => {
    for (const scope of ['openid', 'offline_access', 'profile']) {
      expect(
        await wrong([...head, `resources: [{ identifier: "https://a.example", scopes: [read, ${scope}] }]`].join('\n')),
      ).to.deep.equal([
        `as.yaml:3:48 resources.0.scopes: has ${scope}, which is for the UserInfo endpoint and refresh tokens whatever the resource, write another [RFC8707-2.2]`,
      ]);
    }
    const two = 'resources: [{ identifier: "https://a.example" }, { identifier: "https://a.example/" }]';
    expect(await wrong([...head, two].join('\n'))).to.deep.equal([
      'as.yaml:3:52 resources.1.identifier: stands here twice, write another [RFC8707-2.2]',
    ]);
    const paths = 'resources: [{ identifier: "https://a.example/b" }, { identifier: "https://a.example/b/" }]';
    expect(await wrong([...head, paths].join('\n')), 'two addresses to RFC 3986').to.deep.equal([]);
  });

  it('two resources that claim one scope with different lifetimes, or one identifier', async () => {
    const two = (one: string, other: string) =>
      [...head, 'resources:', `  - { ${one} }`, `  - { ${other} }`].join('\n');
    const [a, b] = [
      'identifier: "https://a.example.com", scopes: [read]',
      'identifier: "https://b.example.com", scopes: [read]',
    ];
    expect(await wrong(two(`${a}, lifetime: 60`, b))).to.deep.equal([
      'as.yaml:5:44 resources.1.scopes: has the scope read of https://a.example.com and another lifetime, write the same or another scope [RFC8707-2.2]',
    ]);
    expect(await wrong(two(`${a}, lifetime: 60`, `${b}, lifetime: 60`))).to.deep.equal([]);
    expect(await wrong(two(a, a))).to.deep.equal([
      'as.yaml:5:7 resources.1.identifier: stands here twice, write another [RFC8707-2.2]',
    ]);
  });

  it('an algorithm that no key of the server has, a lifetime beyond the profile, a default_resource there is not', async () => {
    const one = [
      ...head,
      'resources:',
      '  - { identifier: "https://a.example.com", lifetime: 3601, signing_alg: RS256 }',
    ];
    const problems = await wrong(one.join('\n'));
    expect(problems.join('\n'))
      .to.match(/lifetime: is too long, write at most 3600 seconds \[FAPI2-SP-FINAL-6\.1\]/)
      .and.match(/signing_alg: is none of the permitted ones/);
    const client =
      '  - { client_id: c, redirect_uris: ["https://c.example.com/cb"], default_resource: "https://a.example.com" }';
    expect((await wrong([...head, 'clients:', client].join('\n'))).join()).to.match(
      /clients\.0\.default_resource \(client_id c\): https:\/\/a\.example\.com is the identifier of no resource \[RFC8707-2\]/,
    );
  });

  it('encryption to a client that has no key for it, or by an algorithm with a shared secret', async () => {
    const client = (more: string) =>
      [...head, 'clients:', `  - { client_id: c, redirect_uris: ["https://c.example.com/cb"], ${more} }`].join('\n');
    const jwks = 'jwks: { keys: [{ kty: EC, crv: P-256, use: sig, x: a, y: b }] }';
    expect((await wrong(client(`${jwks}, id_token_encrypted_response_alg: ECDH-ES`))).join()).to.match(
      /id_token_encrypted_response_alg \(client_id c\): jwks holds no key for ECDH-ES, write one with use: enc \[RFC8725-3\.2\]/,
    );
    expect((await wrong(client(`${jwks}, userinfo_encrypted_response_alg: dir`))).join()).to.match(
      /userinfo_encrypted_response_alg \(client_id c\): dir is not one of /,
    );
  });
});
