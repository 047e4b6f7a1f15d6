import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';

import { seconds } from '../seconds.ts';

/** The adapter under test, and the one another process on the same data has. */
export interface Subject {
  adapter(model: string): Adapter;
  /** The adapter as another process has it; the same one where there is no other process. */
  peer(model: string): Adapter;
  readonly isShared: boolean;
}

/** A requirement of core, or of FAPI 2.0, on an adapter. */
export interface Requirement {
  readonly title: string;
  /** The models, where one requirement is for many. */
  readonly model?: string;
  run(subject: Subject): Promise<void>;
}

/** An id nobody has used. */
export const fresh = (): string => randomUUID();

/** A payload as core makes it, valid for a minute. */
export function payloadOf(kind: string, id: string, more: AdapterPayload = {}): AdapterPayload {
  const iat = seconds();
  return { iat, exp: iat + 60, jti: id, kind, clientId: 'client', ...more };
}

/**
 * Saves a row of a model under a fresh id, for a minute.
 *
 * @returns the id
 */
export async function saved(
  { adapter }: Subject,
  model: string,
  more?: AdapterPayload,
  expiresIn = 60,
): Promise<string> {
  const id = fresh();
  await adapter(model).upsert(id, payloadOf(model, id, more), expiresIn);
  return id;
}

/** The row, or `undefined`: an adapter may answer null as well. */
export const found = async (adapter: Adapter, id: string) => (await adapter.find(id)) ?? undefined;

/** Counts the attempts that succeeded; the others have to be refused in core's words. */
export async function winners(attempts: readonly Promise<unknown>[]): Promise<number> {
  const settled = await Promise.allSettled(attempts);
  for (const each of settled) {
    if (each.status === 'fulfilled') continue;
    assert.ok(each.reason instanceof errors.OIDCProviderError, `refused by ${each.reason}, which is answered with 500`);
    assert.ok(each.reason.status >= 400 && each.reason.status < 500, `refused with status ${each.reason.status}`);
  }
  return settled.filter(({ status }) => status === 'fulfilled').length;
}

/** One requirement for each of a list, such as models. */
export const each = (list: readonly string[], requirement: (model: string) => Requirement) => list.map(requirement);
