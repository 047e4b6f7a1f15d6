import { modules } from './modules.ts';

/** What `--plans` selects. */
export const groups = ['sp', 'ms', 'cc', 'rar', 'eco'] as const;
export type Group = (typeof groups)[number];
/** The plans for clients, which our sample relying party runs. */
export const clientGroup = 'rp';

interface Served {
  /** The file in config/, without its ending. */
  readonly source: string;
  /** What is claimed of Message Signing, where that is another part than the file's. */
  readonly message_signing?: Readonly<Record<string, true>>;
}

/** Ecosystems as the suite's `fapi_profile` spells them; the profile's name and its file have hyphens instead. */
const ecosystems = [
  'cbuae',
  'ksa',
  'connectid_au',
  'consumerdataright_au',
  'openbanking_brazil',
  'openbanking_uk',
] as const;
type Hyphenated<T extends string> = T extends `${infer A}_${infer B}` ? `${A}-${Hyphenated<B>}` : T;
type Ecosystem = Hyphenated<(typeof ecosystems)[number]>;

/** The configurations of the product a full run needs: files, and two that claim one part of Message Signing only. */
export const providers = {
  conformance: { source: 'conformance' },
  'conformance-message-signing': { source: 'conformance-message-signing' },
  'conformance-jar': { source: 'conformance-message-signing', message_signing: { signed_request_object: true } },
  'conformance-jarm': { source: 'conformance-message-signing', message_signing: { jarm: true } },
  ...(Object.fromEntries(
    ecosystems.map((name) => name.replaceAll('_', '-')).map((name) => [name, { source: `ecosystems/${name}` }]),
  ) as Record<Ecosystem, Served>),
} as const satisfies Readonly<Record<string, Served>>;
export type ProviderName = keyof typeof providers;

/** One of the suite's test plans in one variant, and the provider that serves it. */
export interface Plan {
  /** In the table, in file names, and its alias in the suite: a part of the redirect URI, and a lock, one test at a time. */
  readonly name: string;
  readonly group: Group;
  readonly planName: string;
  readonly variant: Readonly<Record<string, string>>;
  readonly provider: ProviderName;
}

const securityProfile = 'fapi2-security-profile-final-test-plan';
const messageSigning = 'fapi2-message-signing-final-test-plan';
const jar = { fapi_request_method: 'signed_non_repudiation' };
const unsigned = { fapi_request_method: 'unsigned' };
const jarm = { fapi_response_mode: 'jarm' };
const plain = { fapi_response_mode: 'plain_response' };
const rar = { authorization_request_type: 'rar' };

/** The suite refuses a parameter that the plan itself fixes, so the Security Profile says nothing of request and response. */
function plan(kind: string, provider: ProviderName, how: readonly [string, string, string?], more = {}): Plan {
  const [client_auth_type, sender_constrain, openid] = how;
  const [group] = kind.split('-') as [Group];
  return {
    name: [kind, ...how].join('-'),
    group,
    planName: /\bms\b/.test(kind) ? messageSigning : securityProfile,
    variant: {
      fapi_profile: openid ? 'plain_fapi' : 'fapi_client_credentials_grant',
      client_auth_type,
      sender_constrain,
      // The client credentials grant has no use for it, but the suite reads it to name the certificate.
      openid: openid ?? 'plain_oauth',
      ...more,
    },
    provider,
  };
}

const ways = ['private_key_jwt', 'mtls'].flatMap((auth) => ['dpop', 'mtls'].map((bound) => [auth, bound] as const));
const every = ways.flatMap((way) => ['openid_connect', 'plain_oauth'].map((openid) => [...way, openid] as const));

/** The only variant of an ecosystem that the suite certifies and that leaves nothing out. */
function ecosystemPlan(fapi_profile: (typeof ecosystems)[number]): Plan {
  const provider = fapi_profile.replaceAll('_', '-') as Ecosystem;
  const more = { fapi_profile, ...jar, ...plain, ...(fapi_profile === 'cbuae' && rar) };
  const made = plan('ms', provider, ['private_key_jwt', 'mtls', 'openid_connect'], more);
  return { ...made, group: 'eco', name: `eco-${provider}` };
}

/** A full run. */
export const plans: readonly Plan[] = [
  ...every.map((how) => plan('sp', 'conformance', how)),
  ...every.map((how) => plan('ms', 'conformance-message-signing', how, { ...jar, ...jarm })),
  plan('ms-jar', 'conformance-jar', ['private_key_jwt', 'mtls', 'openid_connect'], { ...jar, ...plain }),
  plan('ms-jarm', 'conformance-jarm', ['mtls', 'dpop', 'plain_oauth'], { ...unsigned, ...jarm }),
  ...ways.map((way) => plan('cc', 'conformance', way)),
  plan('rar-sp', 'conformance', ['private_key_jwt', 'dpop', 'openid_connect'], rar),
  plan('rar-sp', 'conformance', ['mtls', 'mtls', 'plain_oauth'], rar),
  plan('rar-ms', 'conformance-message-signing', ['private_key_jwt', 'mtls', 'plain_oauth'], {
    ...jar,
    ...jarm,
    ...rar,
  }),
  plan('rar-ms', 'conformance-message-signing', ['mtls', 'dpop', 'openid_connect'], { ...jar, ...jarm, ...rar }),
  ...ecosystems.map(ecosystemPlan),
];

const prefix = 'fapi2-security-profile-final-';

/** What a client asks for where the variant is one of rich authorization requests; the type is in config/conformance*.yaml. */
export const richAuthorizationRequest = [
  {
    type: 'payment_initiation',
    instructedAmount: { currency: 'EUR', amount: '123.50' },
    creditorName: 'Merchant A',
    creditorAccount: { iban: 'DE02100100109307118603' },
    remittanceInformation: 'Ref Number Merchant',
  },
] as const;

/** Whether clients of a plan ask by authorization details. */
export const isRich = ({ variant }: Plan): boolean => variant.authorization_request_type === 'rar';

/** A module's name as the suite spells it. */
export const testName = (name: string): string => prefix + name;

/** A module's name without what all of them share. */
export const shortName = (testModule: string): string => testModule.replace(prefix, '');

/** The modules that we expect in a plan. */
export function expectedModules({ variant }: Plan): string[] {
  const credentials = variant.fapi_profile === 'fapi_client_credentials_grant';
  const holds: Readonly<Record<string, boolean>> = {
    C: true,
    J: variant.fapi_request_method === 'signed_non_repudiation',
    D: variant.sender_constrain === 'dpop',
    K: variant.client_auth_type === 'private_key_jwt',
    O: variant.openid === 'openid_connect',
  };
  return modules
    .filter(({ flags }) => {
      const [letters = '', not, names] = /^([A-Z]*)\s*(?:(-?)P:(.*))?$/.exec(flags)?.slice(1) ?? [];
      if (credentials && !letters.includes('C')) return false;
      const own = names?.split(',').some((name) => variant.fapi_profile?.includes(name));
      if (own !== undefined && own === (not === '-')) return false;
      return [...letters].every((letter) => holds[letter]);
    })
    .map(({ name }) => testName(name));
}
