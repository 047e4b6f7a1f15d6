import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { parseDocument, stringify } from 'yaml';

import { type Config, loadConfig } from '../../lib/config/load.ts';
import { OperationalError } from '../../lib/errors.ts';
import { brazilConsents } from '../../lib/fapi/ecosystems/brazil_consents.ts';
import { ksaConsents } from '../../lib/fapi/ecosystems/ksa_consents.ts';
import { ukConsents } from '../../lib/fapi/ecosystems/uk_consents.ts';
import { CertificateAuthority } from '../support/certificates.ts';
import { browserScript, type Person } from './browser.ts';
import { type Clients, makeClients } from './clients.ts';
import { isRich, type Plan, type ProviderName, providers, richAuthorizationRequest } from './plans.ts';

/** One line of `plans.json`. */
export interface Listed {
  /** The plan's configuration, as the suite's own page takes it. */
  readonly file: string;
  readonly planName: string;
  readonly variant: Readonly<Record<string, string>>;
  /** The configuration file of the provider that serves it. */
  readonly provider: string;
}

/** Where an ecosystem's clients register their consents, and what else its plan asks for. */
const ecosystemResources: Readonly<Record<string, (url: string, claims: Readonly<Record<string, unknown>>) => object>> =
  {
    ksa: (url) => ({ resourceUrlAccountRequests: `${url}${ksaConsents.path}` }),
    consumerdataright_au: () => ({ cdrVersion: '1' }),
    // The suite adds the last step of either path.
    openbanking_uk: (url) => ({
      resourceUrlAccountRequests: `${url}${ukConsents.path.replace(/[^/]+$/, '')}`,
      resourceUrlAccountsResource: `${url}${ukConsents.path.replace(/[^/]+$/, '')}`,
    }),
    openbanking_brazil: (url, { cpf }) => ({ consentUrl: `${url}${brazilConsents.path}`, brazilCpf: cpf }),
  };

/** Metadata of ecosystems that the suite does not know, though they are specified; it has a setting for such. */
const ecosystemMetadata: Readonly<Record<string, readonly string[]>> = {
  connectid_au: [
    'verified_claims_supported',
    'trust_frameworks_supported',
    'claims_in_verified_claims_supported', // of OpenID Connect for Identity Assurance
  ],
  consumerdataright_au: ['cdr_arrangement_revocation_endpoint'],
};

/** The plan's configuration, as the suite's own page takes it. */
export function planConfiguration(plan: Plan, { registered: _, ...clients }: Clients, config: Config) {
  const { sender_constrain, client_auth_type } = plan.variant;
  const mtls = sender_constrain === 'mtls' || client_auth_type === 'mtls';
  const [account] = Array.isArray(config.accounts) ? config.accounts : [];
  const known = ecosystemMetadata[plan.variant.fapi_profile ?? ''];
  const path = config.resource ? config.resource.path : '';
  return {
    alias: plan.name,
    description: `${plan.name}, written by npm run conformance`,
    server: {
      discoveryUrl: `${config.issuer}/.well-known/openid-configuration`,
      ...(known && { allow_unexpected_metadata_fields: known }),
    },
    client: clients.client,
    client2: clients.client2,
    ...(mtls && { mtls: clients.mtls, mtls2: clients.mtls2 }),
    resource: {
      resourceUrl: `${sender_constrain === 'mtls' ? config.mtls?.url : config.issuer}${path}`,
      ...(isRich(plan) && { richAuthorizationRequest }),
      ...ecosystemResources[plan.variant.fapi_profile ?? '']?.(`${config.mtls?.url}`, account?.claims ?? {}),
    },
    // Styles would be loaded for nobody to see.
    options: { browsercontrol_css_enable: false },
    ...browserScript(config.issuer, plan.name, account as Person),
  };
}

/** The address of the provider, where it is not this machine's own name. */
export interface Where {
  readonly issuer?: string | undefined;
  readonly host?: string | undefined;
}

/** Names in a copy of one of the product's files what is made for the run. */
async function writeProvider(name: ProviderName, directory: string, { issuer, host }: Where): Promise<Config> {
  const { source, message_signing }: { source: string; message_signing?: object } = providers[name];
  const file = new URL(`../../config/${source}.yaml`, import.meta.url);
  const document = parseDocument(await readFile(file, 'utf8'));
  const port =
    Number(document.getIn(['listen', 'port'])) + (message_signing ? Object.keys(providers).indexOf(name) * 2 : 0);
  document.setIn(['issuer'], issuer ?? `https://${host ?? new URL(String(document.get('issuer'))).hostname}:${port}`);
  if (host) {
    document.setIn(['listen', 'host'], '0.0.0.0');
    document.setIn(['dangerously_expose_development'], true);
  }
  document.setIn(['listen', 'port'], port);
  document.setIn(['mtls', 'port'], port + 1);
  document.setIn(['mtls', 'ca'], 'clients-ca.crt');
  document.setIn(['database', 'url'], `pglite:${join(directory, 'data', name)}`);
  document.setIn(['clients'], `${name}-clients.yaml`);
  if (message_signing) document.setIn(['message_signing'], message_signing);
  document.commentBefore = ` Written by npm run conformance, from config/${source}.yaml and with the clients of this run.`;
  await writeFile(join(directory, `${name}.yaml`), String(document));
  return loadConfig(join(directory, `${name}.yaml`));
}

/** Writes all that a run of these plans needs on the provider's side and on the suite's. Keys are made anew each time. */
export async function writeMaterials(
  directory: string,
  plans: readonly Plan[],
  suite: string,
  where: Where = {},
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const write = (name: string, content: unknown) =>
    writeFile(join(directory, name), typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`, {
      // Private keys are among them.
      mode: 0o600,
    });
  const authority = await CertificateAuthority.root('CN=Conformance clients');
  await write('clients-ca.crt', authority.certificate);
  const clients = new Map(
    await Promise.all(plans.map(async (plan) => [plan, await makeClients(plan, suite, authority)] as const)),
  );
  const listed: Listed[] = [];
  for (const name of Object.keys(providers) as ProviderName[]) {
    const served = plans.filter(({ provider }) => provider === name);
    if (served.length === 0) continue;
    await write(`${name}-clients.yaml`, stringify(served.flatMap((plan) => clients.get(plan)?.registered ?? [])));
    const config = await writeProvider(name, directory, where);
    for (const plan of served) {
      const { planName, variant } = plan;
      await write(`${plan.name}.json`, planConfiguration(plan, clients.get(plan) as Clients, config));
      listed.push({ file: `${plan.name}.json`, planName, variant, provider: `${name}.yaml` });
    }
  }
  await write('plans.json', listed);
}

/** The configuration of a plan that was written. */
export async function readPlan(directory: string, plan: Plan): Promise<object> {
  const file = resolve(directory, `${plan.name}.json`);
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new OperationalError(`${file} cannot be read: write it first, with --write-plans ${directory}`, {
      cause: error,
    });
  }
}
