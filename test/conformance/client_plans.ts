import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { exportJWK, generateKeyPair } from 'jose';

import { httpsFetch } from '../../lib/http/https_fetch.ts';
import { CertificateAuthority } from '../support/certificates.ts';
import { type EcosystemParty, ecosystemParties } from './ecosystem_parties.ts';
import { Evidence } from './evidence.ts';
import type { Options } from './options.ts';
import { type RelyingParty, relyingParty } from './relying_party.ts';
import { faults, findings, type ModuleResult, type PlanResult, passed, table } from './results.ts';
import type { Suite } from './suite.ts';

/** A variant of the suite's plans for clients, in which the suite is the provider. */
interface ClientPlan {
  readonly name: string;
  readonly signed: boolean;
  readonly mtls: boolean;
  readonly dpop: boolean;
  readonly openid: boolean;
  readonly ecosystem?: EcosystemParty;
}

const both = [true, false];

/** Those of no ecosystem, in all sixteen variants. */
const plainPlans: readonly ClientPlan[] = both.flatMap((signed) =>
  both.flatMap((mtls) =>
    both.flatMap((dpop) =>
      both.map((openid) => ({
        name: [
          'rp',
          signed ? 'ms' : 'sp',
          mtls ? 'mtls' : 'private_key_jwt',
          dpop ? 'dpop' : 'mtls',
          openid ? 'oidc' : 'plain_oauth',
        ].join('-'),
        signed,
        mtls,
        dpop,
        openid,
      })),
    ),
  ),
);

/** Those of ecosystems, each in the one variant that is certified. */
const ecosystemPlans: readonly ClientPlan[] = Object.entries(ecosystemParties).map(([profile, ecosystem]) => ({
  ...{ name: `rp-eco-${profile}`, signed: true, mtls: false, dpop: false, openid: true },
  ecosystem,
}));

export const clientPlans: readonly ClientPlan[] = [...plainPlans, ...ecosystemPlans];

/** Seconds for which the suite waits whether a client goes on that should have stopped. */
const waitTimeoutSeconds = 2;
const redirect_uri = 'https://rp.example.com/callback';

async function makeKey(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('PS256', { extractable: true, modulusLength: 2048 });
  const more = { kid, alg: 'PS256', use: 'sig' };
  const [secret, open] = await Promise.all([exportJWK(privateKey), exportJWK(publicKey)]);
  return { key: privateKey, kid, private: { ...secret, ...more }, public: { ...open, ...more } };
}

const variantOf = ({ signed, mtls, dpop, openid, ecosystem }: ClientPlan) => ({
  client_auth_type: mtls ? 'mtls' : 'private_key_jwt',
  sender_constrain: dpop ? 'dpop' : 'mtls',
  fapi_client_type: openid ? 'oidc' : 'plain_oauth',
  fapi_profile: ecosystem?.fapi_profile ?? 'plain_fapi',
  ...(ecosystem && { authorization_request_type: ecosystem.rar ? 'rar' : 'simple' }),
  ...(signed && {
    fapi_request_method: 'signed_non_repudiation',
    fapi_response_mode: ecosystem ? 'plain_response' : 'jarm',
  }),
});

/** The suite has a certificate of its own making on this machine; its front for client certificates has the next port. */
function fetches(suite: string, shown: { cert: string; key: string }) {
  const front = new URL(suite);
  front.port = String(Number(front.port || 443) + 1);
  const unverified = [new URL(suite).origin, front.origin];
  return { fetch: httpsFetch({ unverified, ...shown }), browse: httpsFetch({ unverified }) };
}

/** Runs one plan, module after module: the relying party once for each. */
async function runPlan(
  suite: Suite,
  plan: ClientPlan,
  { modules, aliasPrefix }: Options,
  result: PlanResult,
  authority: CertificateAuthority,
) {
  const [own, theirs] = await Promise.all([makeKey('relying-party'), makeKey('suite')]);
  const certificate = await authority.issue({ subject: 'CN=relying-party' });
  const client_id = 'relying-party';
  const { ecosystem } = plan;
  const scope = ecosystem?.scope ?? (plan.openid ? 'openid accounts' : 'accounts');
  const kind = plan.signed ? 'message-signing' : 'security-profile';
  const created = await suite.createPlan(`fapi2-${kind}-final-client-test-plan`, variantOf(plan), {
    alias: aliasPrefix + plan.name,
    description: `${plan.name}, written by npm run conformance`,
    server: { jwks: { keys: [theirs.private] } },
    client: { client_id, scope, redirect_uri, jwks: { keys: [own.public] }, certificate: certificate.cert },
    waitTimeoutSeconds,
    ...ecosystem?.configuration,
  });
  const { fetch, browse } = fetches(suite.url, certificate);
  const chosen = created.modules.filter(({ testModule }) => modules.test(testModule));
  Object.assign(result, { expected: chosen.length });
  for (const module of chosen) {
    const started = Date.now();
    const log = await suite.start(created.id, module);
    const exposed = await suite.exposed(log, 30);
    const { issuer = '', accounts_endpoint = issuer } = exposed;
    const party: RelyingParty = {
      ...{
        client_id,
        redirect_uri,
        scope,
        fetch,
        mtls: plan.mtls,
        dpop: plan.dpop,
        signed: plan.signed,
        jarm: plan.signed && !ecosystem,
      },
      ecosystem,
      exposed,
      issuer,
      alg: 'PS256',
      key: { key: own.key, kid: own.kid },
      resource: new URL(accounts_endpoint),
    };
    // Most modules want it to refuse what they answer; the suite judges by what it does, not by what it says.
    const said = await relyingParty(
      party,
      async (url) => new URL((await browse(url)).headers.get('location') ?? url),
    ).then(
      ({ status }) => `the resource answered ${status}`,
      (error: Error) => error.message,
    );
    const outcome = await suite.finished(log, 120);
    const found = outcome === 'PASSED' ? [] : findings(await suite.log(log));
    const seconds = (Date.now() - started) / 1000;
    const { testModule } = module;
    const ended: ModuleResult = { testModule, result: outcome, seconds, log: suite.logUrl(log), findings: found };
    result.modules.push(ended);
    console.log(`${result.name} ${testModule.replace(/^.*client-test-/, '')} ${outcome}: ${said}`);
  }
}

/** Runs the plans for clients, one after the other. @returns true when everything PASSED that can */
export async function runClients(suite: Suite, options: Options): Promise<boolean> {
  const selected = clientPlans.filter(({ name }) => options.variants.test(name));
  const authority = await CertificateAuthority.root('CN=Conformance clients');
  const results: PlanResult[] = [];
  for (const plan of selected) {
    const result: PlanResult = { name: options.aliasPrefix + plan.name, modules: [], expected: 0 };
    results.push(result);
    await runPlan(suite, plan, options, result, authority);
  }
  // Beside the evidence of the plans for providers, whose files have the same names.
  const out = join(options.out, 'clients');
  await mkdir(out, { recursive: true });
  const evidence = new Evidence({ ...options, out }, results);
  const version = await suite.version();
  const report = [faults(results, version), table(results)].filter(Boolean).join('\n\n');
  await evidence.save(report);
  console.log(`\n${report}\n`);
  return passed(results, version);
}
