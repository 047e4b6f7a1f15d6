import { hash } from 'node:crypto';

import Koa, { type Context } from 'koa';
import type { HttpsFetch } from '../../http/https_fetch.ts';
import { jwtAccessTokens } from '../../resource/jwt_access_tokens.ts';
import { type ProtectedState, protect } from '../../resource/koa.ts';
import { seconds } from '../../seconds.ts';

/** The resource of config/bank.yaml. */
export const audience = 'https://bank.example.com/api';

/** The accounts of everybody at this bank. */
export const accounts = [
  { iban: 'DE89370400440532013000', name: 'Everyday', balance: '1204.50' },
  { iban: 'DE75512108001245126199', name: 'Savings', balance: '8300.00' },
] as const;

export interface Receipt {
  readonly number: string;
  readonly amount: string;
  readonly currency: string;
  readonly creditor: string;
  readonly reference: string;
}

interface Detail {
  readonly type: string;
  readonly actions: readonly string[];
  readonly accounts: readonly { readonly iban: string }[];
  readonly instructedAmount: { readonly amount: string; readonly currency: string };
  readonly creditorName: string;
  readonly remittanceInformation?: string;
}

/** The most proofs and payments that are remembered. */
const most = 10_000;

function trim(remembered: Map<string, unknown>): void {
  for (const oldest of remembered.keys()) {
    if (remembered.size <= most) return;
    remembered.delete(oldest);
  }
}

/**
 * Makes a function that answers true for an id the first time. It remembers in memory, as one process serves this bank;
 * several would ask their database.
 */
function firstTime(): (id: string, expiresAt: number) => Promise<boolean> {
  const seen = new Map<string, number>();
  return async (id, expiresAt) => {
    if ((seen.get(id) ?? 0) > seconds()) return false;
    seen.set(id, expiresAt);
    trim(seen);
    return true;
  };
}

const detailOf = (ctx: Context, type: string): Detail | undefined =>
  (ctx.state.token.authorization_details as Detail[] | undefined)?.find((detail) => detail.type === type);

/** The accounts the person left ticked, with balances where those were allowed. */
function list(ctx: Context): void {
  const allowed = detailOf(ctx, 'account_information');
  const seen = accounts.filter(({ iban }) => allowed?.accounts.some((account) => account.iban === iban));
  const balances = allowed?.actions.includes('read_balances');
  ctx.status = allowed ? 200 : 403;
  ctx.body = { accounts: seen.map(({ iban, name, balance }) => ({ iban, name, ...(balances && { balance }) })) };
}

/** Executes the payment that stands in the token; nothing of the request is looked at. The same token pays once. */
function pay(ctx: Context, paid: Map<string, Receipt>): void {
  const allowed = detailOf(ctx, 'payment_initiation');
  ctx.status = allowed ? 200 : 403;
  if (!allowed) return;
  const payment = hash('sha256', ctx.get('authorization'), 'hex');
  const { instructedAmount, creditorName: creditor, remittanceInformation: reference = '' } = allowed;
  const receipt = paid.get(payment) ?? { number: payment.slice(0, 8), ...instructedAmount, creditor, reference };
  paid.set(payment, receipt);
  trim(paid);
  ctx.body = receipt;
}

export interface BankApiOptions {
  readonly issuer: string;
  readonly jwks: string;
  readonly origin: string;
  readonly fetch: HttpsFetch;
}

/** The bank's own server: it knows the accounts, and asks for a token that names them and for the key it is bound to. */
export function bankApi({ issuer, jwks, origin, fetch }: BankApiOptions): Koa<ProtectedState> {
  const verify = jwtAccessTokens({ issuer, audience, jwks, fetch: fetch as typeof globalThis.fetch });
  const app = new Koa<ProtectedState>();
  const paid = new Map<string, Receipt>();
  app.silent = true;
  app.use(protect({ verify, unique: firstTime(), origins: [origin], audience }));
  app.use((ctx) => {
    ctx.set('cache-control', 'no-store');
    if (ctx.method === 'GET' && ctx.path === '/accounts') list(ctx);
    else if (ctx.method === 'POST' && ctx.path === '/payments') pay(ctx, paid);
  });
  return app;
}
