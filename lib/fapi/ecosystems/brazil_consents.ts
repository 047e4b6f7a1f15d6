import { z } from 'zod';

import { seconds } from '../../seconds.ts';
import { brazilPermissions } from './brazil_permissions.ts';
import type { Consent, ConsentState } from './consent.ts';
import type { ConsentApi } from './consent_api.ts';
import { checked, endOf, parsed, time, zulu } from './consent_body.ts';
import { type ConsentNaming, namedInScope } from './consent_naming.ts';

const document = (rel: 'CPF' | 'CNPJ', digits: number) =>
  z.looseObject({
    document: z.looseObject({
      identification: z.string().regex(new RegExp(`^\\d{${digits}}$`), `has to be ${digits} digits`),
      rel: z.literal(rel, { error: `has to be ${rel}` }),
    }),
  });

const request = z.looseObject({
  data: z.strictObject({
    permissions: brazilPermissions,
    expirationDateTime: time.optional(),
    loggedUser: document('CPF', 11),
    businessEntity: document('CNPJ', 14).optional(),
  }),
});

/** Days a consent lasts at most, and seconds in which it can be given. */
const [longest, patience] = [365, 3600];

/** The namespace of an institution's consents, called after the issuer's host. */
const space = (issuer: string) => `urn:${new URL(issuer).hostname.replace(/[^a-z\d]+/g, '-').slice(0, 32)}:`;
const named = (id: string, issuer: string) => `${space(issuer)}${id}`;
const local = (urn: string, issuer: string) =>
  urn.startsWith(space(issuer)) ? urn.slice(space(issuer).length) : undefined;

/** `consent:<consentId>` in the scope names the consent. */
export const brazilNames: ConsentNaming = {
  find(request, issuer) {
    const urn = namedInScope(request, /^consent:(urn:[\w:-]{1,200})$/);
    return urn === undefined ? undefined : local(urn, issuer);
  },
  scope: (id, issuer) => `consent:${named(id, issuer)}`,
  shown: named,
};

const states: Readonly<Record<ConsentState, string>> = {
  awaiting: 'AWAITING_AUTHORISATION',
  authorised: 'AUTHORISED',
  rejected: 'REJECTED',
  revoked: 'REJECTED',
  expired: 'REJECTED',
};

/** Says who ended a consent, and why. */
function rejection(state: ConsentState, { ended, grantId }: Consent) {
  const by = (rejectedBy: string, code: string) => ({ rejection: { rejectedBy, reason: { code } } });
  if (state === 'rejected') return by('USER', 'CUSTOMER_MANUALLY_REJECTED');
  if (state === 'revoked') return by(ended ? 'TPP' : 'USER', 'CUSTOMER_MANUALLY_REVOKED');
  if (state !== 'expired') return {};
  return by('ASPSP', grantId === undefined ? 'CONSENT_EXPIRED' : 'CONSENT_MAX_DATE_REACHED');
}

/** Scopes of the data that permissions are for, and those every server names. */
const scopes = [
  ...['consents', 'resources', 'customers', 'accounts', 'credit-cards-accounts'],
  ...['loans', 'financings', 'unarranged-accounts-overdraft', 'invoice-financings'],
  ...['bank-fixed-incomes', 'credit-fixed-incomes', 'variable-incomes', 'treasure-titles', 'funds', 'exchanges'],
];

/**
 * Consents of Open Finance Brasil, for data of customers.
 *
 * @see [Open Finance Brasil, API Consents](https://github.com/OpenBanking-Brasil/openapi/tree/main/swagger-apis/consents)
 */
export const brazilConsents: ConsentApi = {
  clause: {
    id: 'BRAZILOB-5.2.2-8',
    text: 'supports the parameterized scope consent: a consent is registered by a client_credentials token, and named by its id',
  },
  path: '/open-banking/consents/v3/consents',
  scope: 'consents',
  scopes,
  type: 'application/json',
  local,
  // As the API asks for.
  endedTwice: 422,
  read(body) {
    const sent = parsed(body);
    const { data } = checked(request, sent);
    const { loggedUser, businessEntity } = data;
    const business = businessEntity && { claim: 'cnpj', value: businessEntity.document.identification };
    return {
      permissions: data.permissions,
      ends_at: endOf(data.expirationDateTime, longest),
      decided_by: seconds() + patience,
      person: [{ claim: 'cpf', value: loggedUser.document.identification }, ...(business ? [business] : [])],
      content: { permissions: data.permissions, loggedUser, businessEntity },
    };
  },
  write(consent, state, { issuer }) {
    const { jti, iat, content, ends_at, changed_at = iat } = consent;
    const data = {
      ...(content as object),
      consentId: named(jti, issuer),
      creationDateTime: zulu(iat),
      status: states[state],
      statusUpdateDateTime: zulu(changed_at),
      expirationDateTime: zulu(ends_at),
      ...rejection(state, consent),
    };
    const self = `${issuer}${brazilConsents.path}/${data.consentId}`;
    return JSON.stringify({ data, links: { self }, meta: { requestDateTime: zulu(seconds()) } });
  },
  fault: ({ error, error_description: detail }, { id }) => ({
    errors: [{ code: error.toUpperCase(), title: error, detail: `${detail} (${id})` }],
    meta: { requestDateTime: zulu(seconds()) },
  }),
};
