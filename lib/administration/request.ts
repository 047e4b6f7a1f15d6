import type { Context } from 'koa';

import { memberTwice } from '../fapi/json.ts';
import { received } from '../http/received.ts';
import { BadRequest } from './problem.ts';

/** Bytes of a body at most. */
const longest = 1024 * 1024;

const tooLong = () => new BadRequest(413, `the body is longer than ${longest} bytes`);

/**
 * Reads the JSON object in the body.
 *
 * @throws {BadRequest} when there is none.
 */
export async function objectOf(ctx: Context): Promise<Record<string, unknown>> {
  if (!ctx.is('json')) throw new BadRequest(415, 'the body has to be application/json');
  let value: unknown;
  let twice: string | undefined;
  try {
    const text = `${await received(ctx.req, longest, tooLong)}`;
    value = JSON.parse(text);
    twice = memberTwice(text);
  } catch (error) {
    throw error instanceof BadRequest ? error : new BadRequest(400, 'the body is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadRequest(400, 'the body is no JSON object');
  }
  if (twice !== undefined) throw new BadRequest(400, `${twice} stands twice in one object of the body`);
  return value as Record<string, unknown>;
}

/**
 * Reads a member of the query.
 *
 * @throws {BadRequest} when it stands there twice.
 */
export function queryOf(ctx: Context, name: string): string | undefined {
  const value = ctx.query[name];
  if (Array.isArray(value)) throw new BadRequest(400, `${name} stands in the query more than once`);
  return value === '' ? undefined : value;
}

/**
 * Refuses other members of the query than these: a misspelt condition would select everything.
 *
 * @throws {BadRequest} when there is one.
 */
export function onlyQuery(ctx: Context, ...names: readonly string[]): void {
  const other = Object.keys(ctx.query).find((name) => !names.includes(name));
  if (other !== undefined)
    throw new BadRequest(400, `${other} is not known here, write one of ${names.join(', ') || 'none'}`);
}

/**
 * Reads how many answers the query asks for at most.
 *
 * @throws {BadRequest} when it is no number in range.
 */
export function limitOf(ctx: Context): number {
  const text = queryOf(ctx, 'limit') ?? '100';
  if (!/^\d{1,4}$/.test(text) || Number(text) < 1 || Number(text) > 1000) {
    throw new BadRequest(400, 'limit is no number from 1 to 1000');
  }
  return Number(text);
}

/**
 * Reads a point in time from the query, in milliseconds since the epoch.
 *
 * @throws {BadRequest} when it is none.
 */
export function timeOf(ctx: Context, name: string): number | undefined {
  const text = queryOf(ctx, name);
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (!Number.isFinite(time)) throw new BadRequest(400, `${name} is no time, write for example 2026-11-27T08:00:00Z`);
  return time;
}

/**
 * Reads a member of the body that has to be text.
 *
 * @throws {BadRequest} when it is none.
 */
export function textOf(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = body[name];
  if (typeof value !== 'string' || value === '') throw new BadRequest(400, `${name} is missing, write text`);
  return value;
}
