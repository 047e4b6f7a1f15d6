import { expect } from 'chai';

import { heading } from '../../lib/demo/browser.ts';
import { parameterFault } from '../../lib/fapi/extra_parameters.ts';
import { violations } from '../../lib/profile.ts';
import { fapi2MessageSigning } from '../../lib/profiles/fapi2_message_signing.ts';
import { fapi2SecurityProfile } from '../../lib/profiles/fapi2_security_profile.ts';
import { configurationWith } from '../support/configuration.ts';
import { closeAll, held, served } from '../support/held.ts';

const extra_parameters = {
  reason: { required: true, min_length: 3, max_length: 20, label: 'The reason' },
  branch: { pattern: '[A-Z]{2}\\d+' },
  channel: { values: ['web', 'app'] },
};
const settings = { extra_parameters };

describe('Further parameters', () => {
  after(closeAll);

  held('RFC6749-8.2', { by: 'extra_parameters', settings }, async (client) => {
    const push = (more: object) => client.push({ ...client.params, ...more });
    for (const more of [{}, { reason: 'no' }, { reason: 'x'.repeat(21) }, { reason: 'because', branch: 'a1' }]) {
      const { status, body } = await push(more);
      expect({ status, error: body.error }, JSON.stringify(more)).to.deep.equal({
        status: 400,
        error: 'invalid_request',
      });
    }
    expect((await push({ reason: 'because', branch: 'AB1', channel: 'app' })).status).to.equal(201);
  });

  it('are the same in a request object, of which a number is taken as text and an object is refused', async () => {
    const client = await served({ settings, profile: fapi2MessageSigning });
    const push = async (more: object) =>
      client.push({
        client_id: 'client',
        request: await client.requestObject({ ...client.params, response_mode: 'jwt', ...more }),
      });
    const number = await push({ reason: 1234 });
    expect(number.status, JSON.stringify(number.body)).to.equal(201);
    expect((await push({ reason: 12 })).body.error).to.equal('invalid_request');
    expect((await push({ reason: { a: 1 } })).body.error).to.equal('invalid_request_object');
    expect((await push({ reason: null })).body.error_description).to.include('reason is missing');
  });

  it('say which one and what was asked for, and lead to the explanation', async () => {
    const client = await served({ settings: { ...settings, refusals: { documentation: 'https://as.example.com/r' } } });
    const { body } = await client.push({ ...client.params, reason: 'no' });
    expect(body.error_description).to.include('parameter reason has 2 characters, at least 3 are asked for');
    expect(body.error_uri).to.equal('https://as.example.com/r#parameter_form');
  });

  it('are shown to the person where they have a label, as text', async () => {
    const client = await served({ settings });
    const { body } = await client.push({ ...client.params, reason: '<b>"money"</b> & co' });
    const login = await client.browser.open(client.authorizationUrl(body.request_uri));
    const consent = await client.browser.submit(login, { login: 'demo', password: 'demo', action: 'continue' });
    expect(heading(consent)).to.equal('Allow access?');
    expect(consent.html).to.include('The reason').and.include('&lt;b&gt;&quot;money&quot;&lt;/b&gt; &amp; co');
  });

  it('are counted in characters, not in the bytes or halves of them', () => {
    const rule = { min_length: 3, max_length: 5 };
    expect(parameterFault('\u{1f600}\u{1f600}', rule)).to.match(/^has 2 characters/);
    expect(parameterFault('\u1100\u1101\u1102\u1103\u1104', rule)).to.equal(undefined);
    expect(parameterFault(undefined, rule)).to.equal(undefined);
  });

  it('cannot be those of the protocol', () => {
    const profile = fapi2SecurityProfile({ extra_parameters: { scope: {}, purpose: {} } });
    const found = violations(profile, configurationWith());
    expect(found.map(({ clause, path }) => [clause, path?.join('.')])).to.deep.equal([
      ['RFC6749-8.2', 'extraParams.scope'],
    ]);
  });

  it('leave a function of the deployment its part', async () => {
    const seen: unknown[] = [];
    const client = await served({
      settings,
      own: { extraParams: { reason: (_ctx, value) => void seen.push(value), own: null } },
    });
    await client.push({ ...client.params, reason: 'because' });
    expect(seen).to.deep.equal(['because']);
  });
});
