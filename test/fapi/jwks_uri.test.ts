import { expect } from 'chai';
import Provider from 'oidc-provider';

describe("The one member of core's that is used and not public", () => {
  it('client.asymmetricKeyStore says whether it is fresh, is refreshed, and is cleared', async () => {
    const jwks_uri = 'https://client.example.com/jwks';
    const client = { client_id: 'c', redirect_uris: ['https://client.example.com/cb'], jwks_uri };
    const provider = new Provider('https://as.example.com', {
      clients: [{ ...client, token_endpoint_auth_method: 'private_key_jwt' }],
      fetch: async () => new Response('{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA"}]}'),
    });
    const { asymmetricKeyStore: keys } = (await provider.Client.find('c')) as unknown as {
      asymmetricKeyStore: { fresh(): boolean; refresh(): Promise<void>; clear(): void; freshUntil: number };
    };
    expect(keys.fresh()).to.equal(false);
    await keys.refresh();
    expect(keys.fresh()).to.equal(true);
    expect([...(keys as unknown as Iterable<unknown>)]).to.have.length(1);
    keys.clear();
    expect([...(keys as unknown as Iterable<unknown>)]).to.have.length(0);
    keys.freshUntil = 0;
    expect(keys.fresh()).to.equal(false);
  });
});
