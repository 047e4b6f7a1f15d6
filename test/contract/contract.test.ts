import { adapterContract } from '../../lib/contract/contract.ts';
import { uniqueness } from '../../lib/contract/unique.ts';
import { modelsThat } from '../../lib/store/models.ts';
import { behindPgBouncer, inMemory, onNaive, onPglite, onPostgres } from '../store/stores.ts';
import { hasPgBouncer } from '../support/pgbouncer.ts';

adapterContract({ name: 'knexAdapter() on PGlite', open: onPglite });
adapterContract({ name: 'knexAdapter() on Postgres', open: onPostgres });
if (hasPgBouncer) {
  adapterContract({ name: 'knexAdapter() on Postgres behind PgBouncer in transaction mode', open: behindPgBouncer });
}

const spendable = modelsThat(({ spent }) => spent === 'code' || spent === 'token' || spent === 'request');

/** What oidc-provider leaves to the adapter, and neither of these takes up. */
const unspent = [
  ...spendable.map(
    (model) => `${model}: used by eight at the same moment, one of them gets it [FAPI2-SP-FINAL-5.3.2.2-9]`,
  ),
  ...spendable.map((model) => `${model}: used again is refused, and is found as used`),
  'what was never saved cannot be used',
  'who uses a code that was used revokes what it was good for, the grant too [RFC6749-4.1.2]',
  ...modelsThat(({ returns, spent }) => !returns && spent !== 'jti').map(
    (model) => `${model}: what was destroyed stays so, also when a copy of it is saved that was read before`,
  ),
  'what was revoked with its grant stays so, also when a copy of it is saved that was read before',
  'ReplayDetection: saved by eight at the same moment, one of them gets through [FAPI2-SP-FINAL-6.2]',
  ...uniqueness.map(({ title }) => title),
];

adapterContract({
  name: "oidc-provider's own adapter in memory, but for what is expected,",
  open: inMemory,
  expected_failures: [
    ...unspent,
    'what one process has saved, another one finds',
    'what is found is a copy: changing it changes nothing',
    'a payload that cannot be saved fails alone',
    'two thousand live pushed requests are all there',
    'PushedAuthorizationRequest: an expired one is still found, and whether it was used [FAPI2-SP-FINAL-5.3.2.2-9]',
    'AuthorizationCode: an expired one is still found, and whether it was used [FAPI2-SP-FINAL-5.3.2.2-9]',
  ],
});

adapterContract({
  name: 'the knex adapter that is usually written, but for what is expected,',
  open: onNaive,
  expected_failures: [
    ...unspent,
    'nothing is found where nothing was saved, however long the id',
    'text comes back as it was: "a nul \\u0000"',
    'text comes back as it was: "half a pair \\ud800"',
  ],
});
