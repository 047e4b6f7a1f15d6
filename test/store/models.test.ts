import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';
import { Provider } from 'oidc-provider';

import { exchanged, MARGIN, modelOf, models, modelsThat, retentionFor, secondsKept } from '../../lib/store/models.ts';

describe('the table of models', () => {
  it('has a line for every model of core', () => {
    const provider = new Provider('https://as.example.com');
    const isModel = (value: unknown) => typeof value === 'function' && 'adapter' in value;
    const ofCore = Object.getOwnPropertyNames(Provider.prototype).filter(
      (name) => /^[A-Z]/.test(name) && isModel(Reflect.get(provider, name)),
    );
    const abstract = ['BaseToken', 'BaseModel', 'OIDCContext', 'Claims', 'IdToken'];
    expect(ofCore).to.include('Session');
    expect(ofCore.filter((name) => !abstract.includes(name) && !models.includes(name))).to.deep.equal([]);
  });

  it('is the only place where models are listed, in a list or by name', () => {
    const files = readdirSync('lib', { encoding: 'utf8', recursive: true }).filter((file) => file.endsWith('.ts'));
    const any = `(?:${models.join('|')})`;
    const list = new RegExp(`'${any}',?\\s*'${any}'|^ *'?${any}'?: .*\\n *'?${any}'?: `, 'm');
    // Schemas of an API, the kinds of access tokens, and the members of core's option `ttl`.
    const others = ['administration/openapi_schemas.ts', 'fapi/access_token.ts', 'fapi/options.ts'];
    expect(files.filter((file) => list.test(readFileSync(join('lib', file), 'utf8')))).to.deep.equal([
      ...others,
      'store/models.ts',
    ]);
  });

  it('has a line for every model the code names', () => {
    const files = readdirSync('lib', { encoding: 'utf8', recursive: true }).filter((file) => file.endsWith('.ts'));
    const naming =
      /(?:\b(?:adapter|rowId|aliasOf|held|changeRow|emptied)\((?:\w+, )?|\b(?:MODEL|KEPT) = |\badapterFor\S*\(\w+, )'([A-Z]\w+)'/g;
    const named = files.flatMap((file) =>
      [...readFileSync(join('lib', file), 'utf8').matchAll(naming)].map(([, name]) => name),
    );
    expect(named).to.include.members(['Kept', 'AccountLogin', 'Grant', 'Client']);
    expect([...new Set(named)].filter((name) => !models.includes(`${name}`))).to.deep.equal([]);
  });

  it('treats a model it does not know with care', () => {
    const { waits, decidesLater, issued, spent } = modelOf('ModelToCome');
    expect({ waits, decidesLater, issued, spent }).to.deep.equal({
      waits: false,
      decidesLater: [],
      issued: false,
      spent: 'token',
    });
    expect(modelOf('toString')).to.equal(modelOf('ModelToCome'));
  });

  it('RFC6749-4.1.2 knows what a code was exchanged for', () => {
    expect(exchanged).to.deep.equal(['AccessToken', 'RefreshToken']);
    for (const model of modelsThat(({ spent }) => spent === 'code')) expect(modelOf(model).ofGrant).to.equal(true);
  });

  it('FAPI2-SP-FINAL-5.3.2.2-3 keeps rows at least an hour where others are judged by them, longer where those live longer', () => {
    expect(secondsKept(undefined, 'PushedAuthorizationRequest')).to.equal(MARGIN + 3600);
    expect(secondsKept(undefined, 'AccessToken')).to.equal(MARGIN);
    expect(secondsKept(undefined, 'ModelToCome')).to.equal(MARGIN);
    const longer = retentionFor({ interaction: 3600, access_token: 7200 });
    expect(secondsKept(longer, 'PushedAuthorizationRequest')).to.equal(MARGIN + 10_800);
    expect(secondsKept(longer, 'AuthorizationCode')).to.equal(MARGIN + 7200);
  });
});
