import { decodeJwt } from 'jose';

import { brazilConsents } from '../../lib/fapi/ecosystems/brazil_consents.ts';
import { ksaConsents } from '../../lib/fapi/ecosystems/ksa_consents.ts';
import { ukConsents } from '../../lib/fapi/ecosystems/uk_consents.ts';
import type { ConsentCase } from './consents.ts';
import { signedBy } from './ecosystem.ts';

/** Numbers of the person who logs in, and of a company. */
export const [nin, cpf, cnpj] = ['1111111111', '76109277673', '50685362006773'];
export const document = (identification: string, rel: string) => ({ document: { identification, rel } });
export const intent = (value: string) => ({ openbanking_intent_id: { value, essential: true } });
export const [sca, ca] = ['urn:openbanking:psd2:sca', 'urn:openbanking:psd2:ca'];

const read = ['ReadAccountsBasic', 'ReadBalances'];

export const ksa: ConsentCase = {
  profile: 'ksa',
  options: { claims: { national_identification_number: nin } },
  path: ksaConsents.path,
  scope: 'accounts',
  type: 'application/jwt',
  clauses: {
    api: 'KSAOB-CONSENT-API',
    named: 'KSAOB-CONSENT-NAMED',
    given: 'KSAOB-CONSENT-PERSON',
    lasting: 'KSAOB-CONSENT-LASTING',
  },
  states: { awaiting: 'AwaitingAuthorization', authorised: 'Authorized', rejected: 'Rejected', revoked: 'Revoked' },
  permissions: read,
  said: 'Read accounts basic',
  another: '2222222222',
  body: (client, { permissions: Permissions, until: ExpirationDateTime, person = nin }) =>
    signedBy(client, {
      message: { Data: { Permissions, ExpirationDateTime, NationalIdentificationNumber: person }, Risk: {} },
    }),
  read({ body }) {
    const { Data } = decodeJwt(body).message as { Data: Record<string, unknown> };
    return { id: `${Data.ConsentId}`, state: `${Data.Status}`, permissions: Data.Permissions };
  },
  asking: (client, id) => ({ params: { ...client.params, scope: `accounts:${id} openid` } }),
  error: ({ body }) => body.error,
};

export const brazil: ConsentCase = {
  profile: 'openbanking-brazil',
  options: { claims: { cpf, cnpj: ['00000000000191', cnpj] } },
  path: brazilConsents.path,
  scope: 'consents',
  type: 'application/json',
  clauses: {
    api: 'BRAZILOB-5.2.2-8',
    named: 'BRAZILOB-7.1.2',
    given: 'BRAZILOB-7.2.2-8',
    lasting: 'BRAZILOB-7.2.2-1',
  },
  states: { awaiting: 'AWAITING_AUTHORISATION', authorised: 'AUTHORISED', rejected: 'REJECTED', revoked: 'REJECTED' },
  permissions: ['ACCOUNTS_READ', 'ACCOUNTS_BALANCES_READ', 'RESOURCES_READ'],
  said: 'Accounts read',
  another: '00000000191',
  body: (_client, { permissions, until: expirationDateTime, person = cpf }) =>
    JSON.stringify({ data: { permissions, expirationDateTime, loggedUser: document(person, 'CPF') } }),
  read({ body: { data } }) {
    return { id: data.consentId, state: data.status, permissions: data.permissions };
  },
  asking: (client, id) => ({ params: { ...client.params, scope: `openid accounts consent:${id}` } }),
  error: ({ body }) => body.errors[0].code,
};

export const uk: ConsentCase = {
  profile: 'openbanking-uk',
  options: { set: ['resource.path=/resource'] },
  path: ukConsents.path,
  scope: 'accounts',
  type: 'application/json',
  clauses: {
    api: 'OBRW-AISP-CONSENT',
    named: 'OBSP-3.3',
    given: 'OBRW-AISP-AUTHORISATION',
    lasting: 'OBRW-AISP-END',
  },
  states: { awaiting: 'AwaitingAuthorisation', authorised: 'Authorised', rejected: 'Rejected', revoked: 'Revoked' },
  permissions: read,
  said: 'Read accounts basic',
  body: (_client, { permissions: Permissions, until: ExpirationDateTime }) =>
    JSON.stringify({ Data: { Permissions, ExpirationDateTime }, Risk: {} }),
  read({ body: { Data } }) {
    return { id: Data.ConsentId, state: Data.Status, permissions: Data.Permissions };
  },
  asking: (client, id) => ({
    params: { ...client.params, scope: 'openid accounts' },
    otherwise: { object: { claims: { id_token: intent(id) } } },
  }),
  error: ({ body }) => body.Code.replace(/^400 /, ''),
};
