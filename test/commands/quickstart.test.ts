import { expect } from 'chai';

import { type Metadata, quickstart, stacks } from '../../lib/commands/quickstart.ts';
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
