import { once } from 'node:events';
import { connect } from 'node:tls';

import { expect } from 'chai';

import { memberTwice } from '../../lib/fapi/json.ts';
import { fapi2MessageSigning } from '../../lib/profiles/fapi2_message_signing.ts';
import { closeAll, held, holds } from '../support/held.ts';
import { type Answer, RawClient } from '../support/raw_client.ts';

const profile = fapi2MessageSigning;

function refused({ status, body }: Answer, expected: number, error: string): void {
  expect({ status, error: body.error }, JSON.stringify(body)).to.deep.equal({ status: expected, error });
}

/** Bytes as they stand, over TLS: what no client library sends. */
async function raw(client: RawClient, text: string): Promise<string> {
  const { hostname, port } = new URL(client.issuer);
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  socket.write(text);
  return (await socket.setEncoding('utf8').toArray()).join('');
}

describe('Edges of the protocol', () => {
  after(closeAll);

  describe('request objects', () => {
    const signed = async (client: RawClient, claims: object, header = {}) => {
      const params = { ...client.params, response_mode: 'jwt' };
      return client.push({ client_id: 'client', request: await client.requestObject(params, claims, header) });
    };
    const deep = (levels: number): unknown => JSON.parse('[['.repeat(levels / 2) + ']]'.repeat(levels / 2));

    held('RFC9101-4', { by: 'parameters', profile, title: 'another type, or no object' }, async (client) => {
      const hostile: object[] = [
        ...['state', 'nonce', 'scope', 'redirect_uri', 'code_challenge', 'login_hint', 'ui_locales'].flatMap((name) => [
          { [name]: { toString: 1 } },
          { [name]: 7 },
          { [name]: true },
          { [name]: {} },
        ]),
        { claims: 7 },
        { claims: [] },
        { claims: deep(2000) },
        { state: deep(2000) },
        { unknown: deep(2000) },
        { max_age: {} },
        { max_age: true },
        { exp: '1' },
        { iat: 'now' },
        { aud: { toString: 1 } },
        { iss: {} },
      ];
      for (const claims of hostile) refused(await signed(client, claims), 400, 'invalid_request_object');
      for (const payload of ['null', '[]', '7', '"x"', '{', '']) {
        const [header, , signature] = (await client.requestObject(client.params)).split('.');
        const request = [header, Buffer.from(payload).toString('base64url'), signature].join('.');
        refused(await client.push({ client_id: 'client', request }), 400, 'invalid_request_object');
      }
    });

    holds('RFC9101-4', { by: 'parameters', profile, title: 'null' }, async (client) => {
      const nothing = { state: null, nonce: null, claims: null, max_age: null, login_hint: null, acr_values: null };
      const { status, body } = await signed(client, nothing);
      expect(status, JSON.stringify(body)).to.equal(201);
      const { searchParams } = await client.authorize(body.request_uri);
      const [, payload] = `${searchParams.get('response')}`.split('.');
      expect(JSON.parse(Buffer.from(`${payload}`, 'base64url').toString()))
        .to.have.property('code')
        .and.not.have.property('state');
      refused(await signed(client, { redirect_uri: null }), 400, 'invalid_request');
      // Names that every object has are those of claims nobody knows, too.
      const inherited = JSON.parse('{"__proto__":"x","constructor":7,"toString":{},"hasOwnProperty":[]}');
      expect((await signed(client, inherited)).status).to.equal(201);
      expect((await signed(client, { max_age: 3600, claims: { id_token: { auth_time: null } } })).status).to.equal(201);
    });

    for (const typ of [{ toString: 1 }, 7, null, [], true, 'dpop+jwt']) {
      it(`RFC7519-5.1 a typ of ${JSON.stringify(typ)} is refused, and is no error of the server`, async () => {
        // Both are held by mechanisms that are tried elsewhere; here it is the type alone.
        expect((await import('../../lib/fapi/jwt.ts')).jwtTypeOf({ typ })).to.be.oneOf(['', 'dpop+jwt']);
      });
    }

    holds('RFC7493-2.3', { by: 'parameters', profile }, async (client) => {
      const [header, payload, signature] = (await client.requestObject(client.params)).split('.');
      const twice = (part = '') =>
        Buffer.from(`${Buffer.from(part, 'base64url')}`.replace(/}$/, ',"scope":"openid","scope":"email"}')).toString(
          'base64url',
        );
      for (const request of [`${header}.${twice(payload)}.${signature}`, `${twice(header)}.${payload}.${signature}`]) {
        const answer = await client.push({ client_id: 'client', request });
        refused(answer, 400, 'invalid_request_object');
        expect(answer.body.error_description).to.include('must not have scope twice');
      }
    });

    held('RFC7515-2', { by: 'parameters', profile }, async (client) => {
      const padded = { client_assertion: `${await client.assertion()}=` };
      expect((await client.post('/token/introspection', { token: 'x' }, padded)).status).to.equal(400);
      const request = `${await client.requestObject({ ...client.params, response_mode: 'jwt' })}=`;
      refused(await client.push({ client_id: 'client', request }), 400, 'invalid_request_object');
      const dpop = `${await client.proof('POST', '/token')}==`;
      refused(
        await client.token({ grant_type: 'client_credentials', scope: 'openid' }, { dpop }),
        400,
        'invalid_request',
      );
    });
  });

  describe('parameters', () => {
    const own = { features: { claimsParameter: { enabled: true }, registration: { enabled: true } } };
    held('RFC7493-2.3', { by: 'parameters', own, title: 'claims' }, async (client) => {
      const { params } = client;
      for (const claims of [
        '{"id_token":{"auth_time":null,"auth_time":{"essential":true}}}',
        '{"userinfo":{},"id_token":{},"userinfo":{"name":null}}',
        '{"id_token":{"auth_time":null,"\\u0061uth_time":null}}',
        '{"id_token":{"acr":{"values":["a"],"values":["b"]}}}',
      ]) {
        const answer = await client.push({ ...params, claims });
        refused(answer, 400, 'invalid_request');
        expect(answer.body.error_description).to.match(/must not have (auth_time|userinfo|values) twice in one object/);
      }
      expect((await client.push({ ...params, claims: '{"id_token":{"auth_time":null}}' })).status).to.equal(201);
    });

    holds('RFC7493-2.3', { by: 'parameters', own, title: 'details and client metadata' }, async (client) => {
      const details = '[{"type":"payment","amount":"1","amount":"1000"}]';
      const { body } = await client.push({ ...client.params, authorization_details: details });
      expect(body.error).to.equal('invalid_authorization_details');
      expect(body.error_description).to.include('must not have amount twice');
      const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
      const metadata = '{"client_name":"a","redirect_uris":["https://a.example/cb"],"client_name":"b"}';
      const registered = await client.request('/reg', { ...json, body: metadata });
      refused(registered, 400, 'invalid_client_metadata');
      expect(registered.body.error_description).to.include('client_name must not stand twice');
    });

    it('RFC7493-2.3 a member that stands twice is found in the time it takes to read the text, however it is written', () => {
      for (const [json, name] of [
        ['{"a":1,"b":[{"a":2}],"c":{"a":3}}', undefined],
        ['{"a":"a","b":"\\",\\"a\\":"}', undefined],
        ['["a","a",{"a":["a"]}]', undefined],
        ['{"a":{"b":1,"c":[],"b":2}}', 'b'],
        ['[{"x":1},{"x":1,"y":{},"x":2}]', 'x'],
        ['{"__proto__":1,"__proto__":2}', '__proto__'],
        ['{"":1,"":2}', ''],
        ['{"a":1,"a', undefined],
        ['}}]]{"a":1,"a":2', 'a'],
        ['"'.repeat(1_000_000), undefined],
        [`${'['.repeat(500_000)}${'{"a":'.repeat(500_000)}`, undefined],
        ['\\"'.repeat(500_000), undefined],
      ] as const) {
        expect(memberTwice(json), json.slice(0, 60)).to.equal(name);
      }
    });

    held('DPOP-10', { by: 'parameters' }, async (client) => {
      for (const dpop_jkt of ['x', 'a'.repeat(42), `${'a'.repeat(42)}=`, 'a'.repeat(44), `${'a'.repeat(42)}+`]) {
        refused(await client.push({ ...client.params, dpop_jkt }), 400, 'invalid_request');
      }
      expect((await client.push({ ...client.params, dpop_jkt: client.proofKey.jkt })).status).to.equal(201);
    });

    held('RFC6749-3.1', { by: 'parameters' }, async (client) => {
      for (const state of ['x'.repeat(20_000), '\u20ac'.repeat(1000), 'x'.repeat(4097)]) {
        refused(await client.push({ ...client.params, state }), 400, 'invalid_request');
      }
      refused(await client.push({ ...client.params, nonce: 'x'.repeat(20_000) }), 400, 'invalid_request');
      expect((await client.push({ ...client.params, state: 'x'.repeat(4096) })).status).to.equal(201);
    });

    for (const claims of [
      { id_token: { acr: { essential: true, values: 5 } } },
      { id_token: { acr: { essential: 'yes' } } },
      { userinfo: { name: 'x' } },
      { id_token: { sub: [] } },
    ]) {
      const title = JSON.stringify(claims);
      holds('RFC9101-4', { by: 'parameters', own, title }, async (client) => {
        refused(await client.push({ ...client.params, claims: title }), 400, 'invalid_request');
      });
    }
    holds('RFC9101-4', { by: 'parameters', own, title: 'claims of 2,000 levels' }, async (client) => {
      const claims = `${'{"id_token":'.repeat(2000)}null${'}'.repeat(2000)}`;
      refused(await client.push({ ...client.params, claims }), 400, 'invalid_request');
    });
  });

  held('RFC6749-3.3', { by: 'scope' }, async (client) => {
    refused(await client.push({ ...client.params, scope: undefined }), 400, 'invalid_scope');
    refused(await client.push({ ...client.params, scope: 'bogus other' }), 400, 'invalid_scope');
    refused(await client.token({ grant_type: 'client_credentials' }), 400, 'invalid_scope');
    refused(await client.token({ grant_type: 'client_credentials', scope: 'bogus' }), 400, 'invalid_scope');
    const { status, body } = await client.token({ grant_type: 'client_credentials', scope: 'openid bogus' });
    expect({ status, scope: body.scope }).to.deep.equal({ status: 200, scope: 'openid' });
    expect((await client.push({ ...client.params, scope: 'openid bogus' })).status).to.equal(201);
  });

  const resourceIndicators = {
    enabled: true,
    getResourceServerInfo: () => ({ scope: 'read', accessTokenFormat: 'opaque' as const }),
  };
  holds(
    'RFC6749-3.3',
    { by: 'scope', own: { features: { resourceIndicators } }, title: 'by resource' },
    async (client) => {
      const resource = 'https://rs.example.com';
      expect((await client.push({ ...client.params, scope: undefined, resource })).status).to.equal(201);
      const { status } = await client.token({ grant_type: 'client_credentials', resource });
      expect(status).to.equal(200);
    },
  );

  held('DPOP-5', { by: 'refusals' }, async (client) => {
    refused(await client.exchange(await client.code(), {}), 400, 'invalid_dpop_proof');
    refused(await client.token({ grant_type: 'client_credentials', scope: 'openid' }, {}), 400, 'invalid_dpop_proof');
  });

  held('RFC6749-5.2-1', { by: 'refusals' }, async (client) => {
    const grant = { grant_type: 'client_credentials', scope: 'openid' };
    refused(await client.post('/token', grant, { proof: {} }, 'resource'), 400, 'unauthorized_client');
  });

  holds('DPOP-5', { by: 'refusals', title: 'but not to somebody unknown, nor to a wrong key' }, async (client) => {
    // Without the setting, strangers learn nothing of clients.
    const other = await RawClient.create(client.issuer);
    const wrongKey = await client.push(client.params, { client_assertion: await other.assertion() });
    const unknown = await client.post('/request', { ...client.params, client_id: 'nobody' }, {}, 'nobody');
    const said = ({ status, body, headers }: Answer) => {
      const names = [...headers.entries()].filter(([name]) => !['date', 'x-fapi-interaction-id'].includes(name));
      return { status, body, headers: names };
    };
    expect(said(unknown)).to.deep.equal(said(wrongKey));
    expect(unknown.body).to.deep.equal({ error: 'invalid_client', error_description: 'client authentication failed' });
  });

  held('RFC9110-5.3', { by: 'requests' }, async (client) => {
    const { host } = new URL(client.issuer);
    const request = (...headers: string[]) =>
      raw(client, ['GET /me HTTP/1.1', ...headers, 'connection: close', '', ''].join('\r\n'));
    expect(await request(`host: ${host}`, 'host: other.example')).to.match(/^HTTP\/1.1 400[\s\S]*header host/);
    expect(await request(`host: ${host}`, 'authorization: DPoP a', 'authorization: DPoP b')).to.match(
      /^HTTP\/1.1 400[\s\S]*header authorization/,
    );
    expect(await request(`host: ${host}`, 'authorization: Bearer a')).to.match(/^HTTP\/1.1 401/);
  });

  held('OIDCC-3.1.2.1', { by: 'requests' }, async (client) => {
    const { body } = await client.push();
    const { pathname, searchParams } = client.authorizationUrl(body.request_uri);
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };
    const answer = await client.request(pathname, { method: 'POST', headers, body: `${searchParams}` });
    expect(answer.status).to.equal(303);
    const url = new URL(`${answer.headers.get('location')}`, client.issuer + pathname);
    expect(url.href).to.equal(client.authorizationUrl(body.request_uri).href);
    expect((await client.request(pathname, { method: 'PUT' })).status).to.equal(405);
  });

  held('RFC7662-2.2', { by: 'introspection' }, async (client) => {
    const { body } = await client.exchange(await client.code());
    const { Client } = client.provider;
    const find = Client.find;
    Client.find = async function without(this: typeof Client, id: string) {
      return id === 'client' ? undefined : find.call(this, id);
    } as typeof find;
    const answer = await client.post('/token/introspection', { token: body.access_token }, {}, 'resource');
    expect(answer.body).to.deep.equal({ active: false });
  });

  held('RFC7515-4.1.4', { by: 'jwks_uri' }, async (client) => {
    const found = (await client.provider.Client.find('client')) as unknown as {
      asymmetricKeyStore: Iterable<{ kid?: string }>;
    };
    for (const key of found.asymmetricKeyStore) delete key.kid;
    // The one of this algorithm, whatever it is called; the other key is RSA.
    expect((await client.push(client.params, { assertionHeader: { kid: 'another name' } })).status).to.equal(201);
  });

  const uri = "https://client.example.com/cb/~x?next=a%20b&flag&sig=x~y&q=%c3%a9&p='()*!";
  const registered = { redirect_uris: [uri], post_logout_redirect_uris: [uri] };
  held('RFC6749-3.1.2', { by: 'redirect_uri', client: registered }, async (client) => {
    const { body } = await client.push({ ...client.params, redirect_uri: uri, state: 's' });
    const path = client.authorizationUrl(body.request_uri);
    path.searchParams.set('client_id', 'client');
    const { url } = await (await import('../../lib/demo/browser.ts')).authorize(client.browser, path, {
      login: 'demo',
      password: 'demo',
    });
    expect(url.href.startsWith(`${new URL(uri).href}&code=`), url.href).to.equal(true);
    const code = `${url.searchParams.get('code')}`;
    const grant = { grant_type: 'authorization_code', code, redirect_uri: uri, code_verifier: client.verifier };
    expect((await client.token(grant)).status).to.equal(200);
  });

  holds(
    'RFC6749-3.3',
    { by: 'scope', own: { extraParams: ['purpose'] }, title: 'not by a parameter of your own' },
    async (client) => {
      refused(await client.push({ ...client.params, scope: undefined, purpose: 'x' }), 400, 'invalid_scope');
      expect((await client.push({ ...client.params, purpose: 'x' })).status).to.equal(201);
    },
  );

  /** The answer to a request that asks nobody anything, as it is on the wire. */
  async function unasked(client: RawClient, request_uri: string): Promise<string> {
    const { pathname, search, host } = client.authorizationUrl(request_uri);
    return raw(client, `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  }
  const quiet = { redirect_uri: uri, prompt: 'none', state: 's' };

  holds(
    'RFC6749-3.1.2',
    { by: 'redirect_uri', client: registered, title: 'without a page, and by a form' },
    async (client) => {
      const { body } = await client.push({ ...client.params, ...quiet });
      expect(await unasked(client, body.request_uri)).to.include(`ocation: ${uri}&error=login_required`);
      const posted = await client.push({ ...client.params, ...quiet, response_mode: 'form_post' });
      const page = (await unasked(client, posted.body.request_uri)).replaceAll('&amp;', '&').replaceAll('&#39;', "'");
      expect(page).to.include(`action="${uri}"`);
    },
  );

  holds(
    'RFC6749-3.1.2',
    { by: 'redirect_uri', profile, client: registered, title: 'a signed answer' },
    async (client) => {
      const request = await client.requestObject({ ...client.params, ...quiet, response_mode: 'jwt' });
      const { body } = await client.push({ client_id: 'client', request });
      expect(await unasked(client, body.request_uri)).to.include(`ocation: ${uri}&response=ey`);
    },
  );

  held('DPOP-4.3', { by: 'dpop', own: { features: { dPoP: { enabled: true } } } }, async (client) => {
    for (const htu of ['/%74oken', '/%74%6Fken?x#y', '/./token']) {
      const { status, body } = await client.token(
        { grant_type: 'client_credentials', scope: 'openid' },
        { proof: { htu: client.issuer + htu } },
      );
      expect(status, JSON.stringify(body)).to.equal(200);
    }
    const wrong = await client.token(
      { grant_type: 'client_credentials', scope: 'openid' },
      { proof: { htu: `${client.issuer}/%2ftoken` } },
    );
    refused(wrong, 400, 'invalid_dpop_proof');
  });

  held('DPOP-8', { by: 'dpop' }, async (client) => {
    const client_assertion = await client.assertion();
    const grant = { grant_type: 'client_credentials', scope: 'openid' };
    refused(await client.token(grant, { client_assertion, proof: { nonce: 'stale' } }), 400, 'use_dpop_nonce');
    expect((await client.token(grant, { client_assertion, proof: {} })).status).to.equal(200);
  });
});
