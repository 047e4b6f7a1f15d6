import { expect } from 'chai';

import { faults, type ModuleResult, passed } from './results.ts';

describe('a module that cannot pass', () => {
  const known: ModuleResult = {
    testModule: 'fapi2-security-profile-final-test-claims-parameter-identity-claims',
    result: 'WARNING',
    seconds: 1,
    findings: [{ result: 'WARNING', condition: 'CheckForUnexpectedClaimsInIdToken', clauses: [], text: 'unexpected' }],
  };
  const more = { result: 'WARNING', condition: 'CheckSomethingElse', clauses: [], text: 'too' };
  const cases: readonly [title: string, passes: boolean, plan: string, suite: string, module: ModuleResult][] = [
    ['for the known reason', true, 'eco-openbanking-uk', '5.2.4', known],
    ['for the known reason, under a prefix', true, 'mine-eco-openbanking-uk', '5.2.4', known],
    ['for another reason too', false, 'eco-openbanking-uk', '5.2.4', { ...known, findings: [...known.findings, more] }],
    ['for no reason that is told', false, 'eco-openbanking-uk', '5.2.4', { ...known, findings: [] }],
    ['with a worse result', false, 'eco-openbanking-uk', '5.2.4', { ...known, result: 'FAILED' }],
    ['in another plan', false, 'eco-ksa', '5.2.4', known],
    ['of another suite', false, 'eco-openbanking-uk', '5.2.5', known],
  ];
  for (const [title, passes, name, suite, module] of cases) {
    it(`${title}: ${passes ? 'no fault of the run' : 'a fault of the run'}, and told`, () => {
      const plans = [{ name, modules: [module], expected: 1 }];
      expect(passed(plans, suite)).to.equal(passes);
      expect(faults(plans, suite).includes('cannot pass')).to.equal(passes);
    });
  }

  it('is missing like any other where it did not run', () => {
    expect(passed([{ name: 'eco-openbanking-uk', modules: [], expected: 1 }], '5.2.4')).to.equal(false);
  });
});
