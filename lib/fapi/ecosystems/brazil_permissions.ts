import { z } from 'zod';

import { permissionsOf } from './consent_body.ts';

const family = (name: string, ...data: readonly string[]) => data.map((part) => [name, part, 'READ'].join('_'));
const contract = ['WARRANTIES', 'SCHEDULED_INSTALMENTS', 'PAYMENTS'];
const contracts = ['LOANS', 'FINANCINGS', 'UNARRANGED_ACCOUNTS_OVERDRAFT', 'INVOICE_FINANCINGS'];
const whole = [
  ...['RESOURCES', 'ACCOUNTS', 'CREDIT_CARDS_ACCOUNTS', 'EXCHANGES'],
  ...['BANK_FIXED_INCOMES', 'CREDIT_FIXED_INCOMES', 'FUNDS', 'VARIABLE_INCOMES', 'TREASURE_TITLES'],
];

const known = [
  ...[...whole, ...contracts].map((name) => `${name}_READ`),
  ...contracts.flatMap((name) => family(name, ...contract)),
  ...family('CUSTOMERS_PERSONAL', 'IDENTIFICATIONS', 'ADITTIONALINFO'),
  ...family('CUSTOMERS_BUSINESS', 'IDENTIFICATIONS', 'ADITTIONALINFO'),
  ...family('ACCOUNTS', 'BALANCES', 'OVERDRAFT_LIMITS', 'TRANSACTIONS'),
  ...family('CREDIT_CARDS_ACCOUNTS', 'LIMITS', 'TRANSACTIONS', 'BILLS', 'BILLS_TRANSACTIONS'),
];

/**
 * Permissions that the consent API of Open Finance Brasil names; one that is another is refused, as it asks for.
 *
 * @see [Open Finance Brasil, API Consents](https://github.com/OpenBanking-Brasil/openapi/tree/main/swagger-apis/consents)
 */
export const brazilPermissions = permissionsOf(z.enum(known, { error: 'is no permission of the consents API' }));
