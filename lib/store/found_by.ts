import type { AdapterPayload } from 'oidc-provider';

import { modelOf, modelsThat } from './models.ts';
import { aliasOf, holderOf, type Row } from './row.ts';

/** The columns a row is found by, besides its id and its grant. */
export type FoundBy = Required<Pick<Row, 'alias' | 'account' | 'client'>>;

/** True for a model whose rows are found by whose they are. */
export const isHeld = (model: string): boolean => modelOf(model).heldBy !== undefined;

/** Models of tokens that a client has on its own account, and that hang on no grant. */
export const tokensOfClients: readonly string[] = modelsThat(
  ({ heldBy }) => heldBy?.client === 'clientId' && !heldBy.account,
);

/** The columns that a row of this model is found by, before they are keyed. */
export function foundBy(model: string, payload: AdapterPayload): FoundBy {
  const { uid, userCode } = payload;
  const { account, client } = modelOf(model).heldBy ?? {};
  const [accountId, clientId] = [account && payload[account], client && payload[client]];
  return {
    alias:
      typeof uid === 'string' ? aliasOf(model, 'uid', uid) : userCode ? aliasOf(model, 'userCode', userCode) : null,
    account: typeof accountId === 'string' ? holderOf('account', accountId) : null,
    client: typeof clientId === 'string' ? holderOf('client', clientId) : null,
  };
}
