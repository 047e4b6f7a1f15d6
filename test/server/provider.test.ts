import { expect } from 'chai';

import { stand } from '../../lib/commands/judge.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { selfSigned } from '../../lib/server/development_certificate.ts';
import { createProvider } from '../../lib/server/provider.ts';
import { serverOptions } from '../../lib/server/tls.ts';
import { listen } from '../support/listener.ts';

async function transportSecurity(...set: string[]): Promise<string | undefined> {
  const config = await loadConfig('config/development.yaml', { set });
  const provider = await createProvider(config, await stand(config, true));
  const listener = await listen(provider, serverOptions(await selfSigned(['localhost'])));
  const { host } = new URL(config.issuer);
  const { status, headers } = await listener.ask('/.well-known/openid-configuration', { headers: { host } });
  await listener.close();
  expect(status).to.equal(200);
  return headers['strict-transport-security'];
}

describe('FAPI2-SP-FINAL-5.2.3-1 Strict-Transport-Security of the server', () => {
  for (const issuer of ['https://localhost:9443', 'https://as.localhost', 'https://127.0.0.1:9443', 'https://[::1]']) {
    it(`is not for ${issuer} in development, where other ports speak no TLS`, async () => {
      expect(await transportSecurity(`issuer=${issuer}`)).to.equal(undefined);
    });
  }

  it('is for every other issuer, as the file says', async () => {
    expect(await transportSecurity('issuer=https://as.example.com')).to.equal('max-age=63072000');
    const set = ['security_headers.hsts_max_age=86400', 'security_headers.hsts_include_subdomains=true'];
    expect(await transportSecurity('issuer=https://as.example.com', ...set)).to.equal(
      'max-age=86400; includeSubDomains',
    );
  });
});
