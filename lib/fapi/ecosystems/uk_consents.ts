import { z } from 'zod';

import type { ConsentState } from './consent.ts';
import type { ConsentApi } from './consent_api.ts';
import { checked, endOf, parsed, permissionsOf, time, zulu } from './consent_body.ts';
import type { ConsentNaming } from './consent_naming.ts';

/** OBExternalPermissions1Code of the specification. */
const known = [
  ...['AccountsBasic', 'AccountsDetail', 'Balances', 'BeneficiariesBasic', 'BeneficiariesDetail', 'DirectDebits'],
  ...['Offers', 'PAN', 'Party', 'PartyPSU', 'Products', 'ScheduledPaymentsBasic', 'ScheduledPaymentsDetail'],
  ...['StandingOrdersBasic', 'StandingOrdersDetail', 'StatementsBasic', 'StatementsDetail'],
  ...['TransactionsBasic', 'TransactionsCredits', 'TransactionsDebits', 'TransactionsDetail'],
].map((name) => `Read${name}`);

const request = z.looseObject({
  Data: z.strictObject({
    Permissions: permissionsOf(z.enum(known, { error: 'is no permission of the specification' })),
    ExpirationDateTime: time.optional(),
    TransactionFromDateTime: time.optional(),
    TransactionToDateTime: time.optional(),
  }),
  Risk: z.looseObject({}),
});

/**
 * Days a consent lasts at most. In the specification, a consent without an end lasts for ever; here it ends, and the
 * person is asked again.
 */
const longest = 365;

/** The claim that names a consent. */
export const intentClaimName = 'openbanking_intent_id';

/** Finds the consent by the claim `openbanking_intent_id` of the ID Token and of userinfo; none where they name two. */
export const ukNames: ConsentNaming = {
  claim: intentClaimName,
  find({ claims }) {
    const values = [claims?.id_token, claims?.userinfo].flatMap((asked) => asked?.[intentClaimName]?.value ?? []);
    const [id] = values;
    return typeof id === 'string' && values.every((value) => value === id) ? id : undefined;
  },
};

const states: Readonly<Record<ConsentState, string>> = {
  awaiting: 'AwaitingAuthorisation',
  authorised: 'Authorised',
  rejected: 'Rejected',
  revoked: 'Revoked',
  // The specification has no word for it, but that its time is over.
  expired: 'Revoked',
};

/** Members of a request as they were sent, for the answer, which has the same. */
const contentOf = (sent: unknown) => sent as { Data: object; Risk: object };

/**
 * Consents of Open Banking UK, for data of accounts.
 *
 * @see [Open Banking, Account Access Consents v3.1.10](https://openbankinguk.github.io/read-write-api-site3/v3.1.10/resources-and-data-models/aisp/account-access-consents.html)
 */
export const ukConsents: ConsentApi = {
  clause: {
    id: 'OBRW-AISP-CONSENT',
    text: 'an account-access-consent is registered, read and deleted with a client_credentials token of the scope accounts',
  },
  path: '/open-banking/v3.1/aisp/account-access-consents',
  scope: 'accounts',
  scopes: ['accounts'],
  type: 'application/json',
  read(body) {
    const sent = parsed(body);
    const { Data: data } = checked(request, sent);
    return {
      permissions: data.Permissions,
      ends_at: endOf(data.ExpirationDateTime, longest),
      content: contentOf(sent),
    };
  },
  write({ jti, iat, content, ends_at, changed_at = iat }, state, { issuer }) {
    const { Data: sent, Risk } = contentOf(content);
    const Data = {
      ...sent,
      ConsentId: jti,
      CreationDateTime: zulu(iat),
      Status: states[state],
      StatusUpdateDateTime: zulu(changed_at),
      ExpirationDateTime: zulu(ends_at),
    };
    return JSON.stringify({
      Data,
      Risk,
      Links: { Self: `${issuer}${ukConsents.path}/${jti}` },
      Meta: { TotalPages: 1 },
    });
  },
  fault: ({ error, error_description: Message, status }, { id }) => ({
    Code: `${status} ${error}`,
    Message: `${Message} (${id})`,
    Errors: [{ ErrorCode: faultCode(status), Message }],
  }),
};

/** The specification's code of a fault. */
function faultCode(status: number): string {
  if (status === 404) return 'UK.OBIE.Resource.NotFound';
  return status === 400 ? 'UK.OBIE.Field.Invalid' : 'UK.OBIE.Resource.InvalidFormat';
}
