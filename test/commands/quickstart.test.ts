import { expect } from 'chai';

import { type Metadata, quickstart, stacks } from '../../lib/clients/quickstart.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { UsageError } from '../../lib/errors.ts';

const config = await loadConfig('config/development.yaml');

describe('clients quickstart', () => {
  const client = (id: string) => config.clients.find(({ client_id }) => client_id === id) as unknown as Metadata;

  it('fills in issuer, addresses of the right listener, and the client', () => {
    const printed = quickstart(config, client('tls_client_auth-mtls'), 'go');
    expect(printed).to.include('"https://localhost:9444/request"').and.include('"https://localhost:9443/auth"');
    expect(printed).to.include('"tls_client_auth-mtls"').and.not.include('<%');
  });

  it('names what a client can use where it cannot use what it asks for', () => {
    expect(() => quickstart(config, client('private_key_jwt-dpop'), 'curl'))
      .to.throw(UsageError)
      .with.property('message')
      .that.matches(/tokens bound by dpop.*write openid-client, oauth4webapi$/);
  });

  it('refuses a client whose name or address would be part of the program', () => {
    const good = client('tls_client_auth-mtls');
    for (const own of [
      { client_id: "x'; rm -rf ~ #" },
      { client_id: '$(id)' },
      { redirect_uris: ["https://client.example/'+process.exit()+'"] },
      { redirect_uris: ['https://client.example/`id`'] },
    ]) {
      expect(() => quickstart(config, { ...good, ...own }, 'curl'), JSON.stringify(own)).to.throw(/mean something/);
    }
  });

  it('says what a client lacks that a program needs', () => {
    const good = client('tls_client_auth-mtls');
    const at = (redirect_uris: string[], name: string) => quickstart(config, { ...good, redirect_uris }, name);
    expect(() => at([], 'go')).to.throw(UsageError, /tls_client_auth-mtls has no redirect_uris/);
    expect(() => at(['https://a.example/cb'], 'authjs')).to.throw(
      UsageError,
      /comes back to an address like https:\/\/a.example\/auth\/callback\/fapi: add it to the redirect_uris/,
    );
    const printed = at(['https://a.example/app/callback/bank'], 'authjs');
    expect(printed).to.include("basePath: '/app'").and.include("id: 'bank'").and.include("'https://a.example'");
  });

  it('has a client among the samples for every stack', () => {
    const usable = Object.keys(stacks).filter((name) =>
      config.clients.some((one) => {
        try {
          return quickstart(config, one as unknown as Metadata, name) !== '';
        } catch {
          return false;
        }
      }),
    );
    expect(usable).to.deep.equal(Object.keys(stacks));
  });
});
