import { expect } from 'chai';
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose';

import { loadConfig } from '../../lib/config/load.ts';
import { ownKeys } from '../../lib/server/key_module.ts';
import { Reloadable } from '../support/reloadable.ts';

/** Stands for a KMS: the private keys are reached by asking it to sign. */
const kms = `
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';

function elsewhere(alg) {
  const options = { ES256: ['ec', { namedCurve: 'P-256' }], PS256: ['rsa', { modulusLength: 2048 }] }[alg];
  const { privateKey, publicKey } = generateKeyPairSync(...options);
  const how = { ES256: { dsaEncoding: 'ieee-p1363' }, PS256: { padding: 6, saltLength: 32 } }[alg];
  return { publicKey, sign: (data) => sign('sha256', data, { key: privateKey, ...how }) };
}

export async function keys({ ExternalSigningKey }) {
  return ['ES256', 'PS256'].map((alg) => {
    const { publicKey, sign } = elsewhere(alg);
    const key = new (class extends ExternalSigningKey {
      keyObject() {
        return publicKey;
      }
      async sign(data) {
        return sign(data);
      }
    })();
    key.kid = 'kms ' + alg;
    key.alg = alg;
    return key;
  });
}
`;
const jwt = { identifier: 'https://api.example.com', token: 'jwt' };

describe('keys.module', () => {
  it('has tokens signed by keys that lie elsewhere, and publishes their public halves', async () => {
    const files = await Reloadable.write({
      keys: { module: 'kms.mjs' },
      resources: [jwt],
      resource: { path: '/resource' },
    });
    try {
      await files.put('kms.mjs', kms);
      await files.start();
      const { body } = await files.client.token({ grant_type: 'client_credentials', resource: jwt.identifier });
      expect(decodeProtectedHeader(body.access_token)).to.deep.include({ alg: 'ES256', kid: 'kms ES256' });
      const { keys } = (await files.client.request('/jwks')).body;
      expect(keys.map(({ kid }: { kid: string }) => kid)).to.deep.equal(['kms ES256', 'kms PS256']);
      expect(JSON.stringify(keys)).not.to.match(/"d"/);
      await jwtVerify(body.access_token, await importJWK(keys[0]));
      const flow = await files.client.exchange(await files.client.code());
      await jwtVerify(flow.body.id_token, await importJWK(keys[0]));
      // keys() is asked again.
      expect(await files.server.reload()).to.equal(true);
      expect((await files.client.request('/jwks')).body.keys[0].x).not.to.equal(keys[0].x);
    } finally {
      await files.close();
    }
  });

  const wrong: Readonly<Record<string, [module: string, text: RegExp]>> = {
    'exports no keys()': ['export const key = 1', /has to export keys\(\)/],
    'answers none': ['export const keys = () => []', /has to answer a list of keys/],
    'cannot reach its keys': ['export const keys = async () => { throw new Error("KMS is away") }', /KMS is away/],
    throws: ['throw new Error("broken")', /cannot be loaded: broken/],
  };
  for (const [what, [module, text]] of Object.entries(wrong)) {
    it(`that ${what} is told in one line`, async () => {
      const files = await Reloadable.write({ keys: { module: 'kms.mjs' } });
      await files.put('kms.mjs', module);
      const config = await loadConfig(files.file);
      const error = await ownKeys(config).then(
        () => new Error('taken'),
        (thrown: Error) => thrown,
      );
      await files.close();
      expect(error.message).to.match(text).and.not.contain('\n');
    });
  }

  it('stands instead of keys.jwks, not beside it', async () => {
    const files = await Reloadable.write({ keys: { module: 'kms.mjs', jwks: { keys: [{ kty: 'EC' }] } } });
    await files.put('kms.mjs', kms);
    const error = await loadConfig(files.file).then(
      () => new Error('taken'),
      (thrown: Error) => thrown,
    );
    await files.close();
    expect(error.message).to.match(/as\.yaml:\d+:\d+ keys\.module: stands beside keys\.jwks, leave one of them out/);
  });
});
