import { shortName } from './plans.ts';
import type { ModuleResult } from './results.ts';

/** The suite whose modules were looked at: those of another version are judged like all others. */
const version = '5.2.4';

/** Modules that end otherwise than PASSED whoever is asked, each for the one reason that README.md gives. */
interface Unattainable {
  /** End of a plan's name, which may have a prefix. */
  readonly plan: string;
  readonly modules: RegExp;
  readonly result: string;
  /** Found in everything the suite holds against the module, its condition or its words. */
  readonly finds: RegExp;
}

const afterTheResponse =
  /^client-test-(invalid-authorization-response-iss|remove-authorization-response-iss|ensure-authorization-response-with-invalid-state-fails)$/;
const calledBefore = /incorrectly called token_endpoint after receiving an invalid authorization response/;

const known: readonly Unattainable[] = [
  {
    plan: 'eco-openbanking-uk',
    modules: /^discovery-end-point-verification$/,
    result: 'WARNING',
    finds: /CheckJwksUriIsHostedOnOpenBankingDirectory/,
  },
  {
    plan: 'eco-openbanking-uk',
    modules: /^test-claims-parameter-identity-claims$/,
    result: 'WARNING',
    finds: /CheckForUnexpectedClaimsInIdToken/,
  },
  {
    plan: 'eco-openbanking-uk',
    modules: /^ensure-server-handles-non-matching-intent-id$/,
    result: 'INTERRUPTED',
    finds: /CreateAuthorizationEndpointRequestFromClientInformation/,
  },
  {
    plan: 'rp-eco-openbanking-uk',
    modules: /^client-test-(?!discovery-issuer-mismatch)/,
    result: 'INTERRUPTED',
    finds: new RegExp(`Illegal test state change|${calledBefore.source}`),
  },
  { plan: 'rp-eco-ksa', modules: afterTheResponse, result: 'INTERRUPTED', finds: calledBefore },
  { plan: 'rp-eco-openbanking-brazil', modules: afterTheResponse, result: 'INTERRUPTED', finds: calledBefore },
  {
    plan: 'rp-eco-consumerdataright-au',
    modules: /^client-test-invalid-openbanking-intent-id$/,
    result: 'INTERRUPTED',
    finds: /AddInvalidOpenBankingIntentIdToIdToken/,
  },
];

/** True of a module that cannot pass, and that has failed for the known reason and for no other. */
export function isUnattainable(suite: string, plan: string, { testModule, result, findings }: ModuleResult): boolean {
  return (
    suite === version &&
    known.some(
      (one) =>
        plan.endsWith(one.plan) &&
        one.modules.test(shortName(testModule)) &&
        one.result === result &&
        findings.length > 0 &&
        findings.every(({ condition, text }) => one.finds.test(`${condition} ${text}`)),
    )
  );
}
