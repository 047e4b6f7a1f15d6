import { expect } from 'chai';
import { z } from 'zod';

import { schema } from '../lib/config/load.ts';
import { fapi2SecurityProfile } from '../lib/profiles/fapi2_security_profile.ts';
import { coreConfiguration, filePath, presets, toCore } from '../lib/settings.ts';

describe('settings', () => {
  it('are told to core by the options they are marked with, and faults of those are placed at their keys', () => {
    const settings = z.strictObject({
      lifetimes: z
        .strictObject({ code: toCore(z.int().default(60).describe('a code'), 'ttl.AuthorizationCode') })
        .prefault({}),
    });

    expect(coreConfiguration(settings, presets(settings))).to.deep.equal({ ttl: { AuthorizationCode: 60 } });
    expect(filePath(settings, ['ttl', 'AuthorizationCode'])).to.deep.equal(['lifetimes', 'code']);
    expect(filePath(settings, ['ttl', 'Grant'])).to.deep.equal(['ttl', 'Grant']);
  });

  it('have one default each: a file that says nothing tells core what the profile does', () => {
    const { mechanisms } = fapi2SecurityProfile();
    const lifetimes = Object.assign({}, ...mechanisms.map(({ configuration }) => configuration?.ttl));

    const told = coreConfiguration(schema, schema.parse({ issuer: 'https://as.example.com' }));

    expect(told.ttl).to.deep.equal(lifetimes);
    expect(told.ttl).to.include({ AuthorizationCode: 60, AccessToken: 300, ClientCredentials: 300, Session: 86_400 });
    expect(told.clockTolerance).to.equal(15);
  });
});
