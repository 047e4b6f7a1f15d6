import type { AdapterPayload } from 'oidc-provider';

import { aliasOf, holderOf, type Row } from './row.ts';

/** The members of a payload that say whose row it is. */
interface Holders {
  readonly account?: 'accountId' | 'jti';
  readonly client?: 'clientId' | 'client_id';
}

/** Members of payloads that say whose a row is, by model. A row of a grant is found by the grant, and has none. */
const holders: Readonly<Record<string, Holders>> = {
  Account: { account: 'jti' },
  Client: { client: 'client_id' },
  ClientCredentials: { client: 'clientId' },
  Grant: { account: 'accountId', client: 'clientId' },
  RegistrationAccessToken: { client: 'clientId' },
  Session: { account: 'accountId' },
};

/** The columns a row is found by, besides its id and its grant. */
export type FoundBy = Required<Pick<Row, 'alias' | 'account' | 'client'>>;

/** True for a model whose rows are found by whose they are. */
export const isHeld = (model: string): boolean => Object.hasOwn(holders, model);

/** Models of tokens that a client has on its own account, and that hang on no grant. */
export const tokensOfClients: readonly string[] = Object.keys(holders).filter(
  (model) => holders[model]?.client === 'clientId' && !holders[model]?.account,
);

/** The columns that a row of this model is found by, before they are keyed. */
export function foundBy(model: string, payload: AdapterPayload): FoundBy {
  const { uid, userCode } = payload;
  const { account, client } = holders[model] ?? {};
  const [accountId, clientId] = [account && payload[account], client && payload[client]];
  return {
    alias:
      typeof uid === 'string' ? aliasOf(model, 'uid', uid) : userCode ? aliasOf(model, 'userCode', userCode) : null,
    account: typeof accountId === 'string' ? holderOf('account', accountId) : null,
    client: typeof clientId === 'string' ? holderOf('client', clientId) : null,
  };
}
