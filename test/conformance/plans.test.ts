import { expect } from 'chai';

import { modules } from './modules.ts';
import { expectedModules, plans, shortName } from './plans.ts';

describe('the plans of a full conformance run', () => {
  const total = (group: string, provider = '') =>
    plans
      .filter((plan) => plan.group === group && plan.provider.endsWith(provider))
      .reduce((sum, plan) => sum + expectedModules(plan).length, 0);

  it('the Security Profile has 8 variants and 348 module runs', () => {
    expect(plans.filter(({ group }) => group === 'sp')).to.have.lengthOf(8);
    expect(total('sp')).to.equal(348);
  });

  it('Message Signing with signed requests and JARM has 8 variants and 460 module runs', () => {
    const whole = plans.filter(({ group, provider }) => group === 'ms' && provider === 'conformance-message-signing');
    expect(whole).to.have.lengthOf(8);
    expect(total('ms', 'message-signing')).to.equal(460);
  });

  it('Message Signing with JAR only and with JARM only has one variant each', () => {
    expect(total('ms', 'conformance-jar')).to.equal(61);
    expect(total('ms', 'conformance-jarm')).to.equal(40);
  });

  it('client credentials has 4 variants and 38 module runs', () => {
    expect(plans.filter(({ group }) => group === 'cc')).to.have.lengthOf(4);
    expect(total('cc')).to.equal(38);
  });

  it('rich requests have two variants of each plan', () => {
    const rich = plans.filter(({ group }) => group === 'rar');
    expect(rich.map(({ variant }) => variant.authorization_request_type)).to.deep.equal(['rar', 'rar', 'rar', 'rar']);
    expect(new Set(rich.map(({ planName, provider }) => `${planName} ${provider}`)).size).to.equal(2);
    expect(total('rar')).to.equal(202);
  });

  it('each ecosystem has the one variant that the suite certifies', () => {
    const modules = Object.fromEntries(
      plans.filter(({ group }) => group === 'eco').map((plan) => [plan.name, expectedModules(plan).length]),
    );
    expect(modules).to.deep.equal({
      'eco-cbuae': 60,
      'eco-ksa': 60,
      'eco-connectid-au': 62,
      'eco-consumerdataright-au': 61,
      'eco-openbanking-brazil': 62,
      'eco-openbanking-uk': 63,
    });
  });

  it('a name is an alias of its own', () => {
    expect(new Set(plans.map(({ name }) => name)).size).to.equal(plans.length);
    for (const { name } of plans) expect(name).to.match(/^[a-zA-Z0-9_-]+$/);
  });

  it('every module is run in some plan', () => {
    const run = new Set(plans.flatMap(expectedModules).map(shortName));
    const left = modules.filter(({ name }) => !run.has(name));
    expect(left).to.deep.equal([]);
  });
});
