import type { IncomingMessage } from 'node:http';
import * as querystring from 'node:querystring';

import type { Context } from 'koa';
import { errors } from 'oidc-provider';

import { received } from './received.ts';

/** The fields of a form: a field that was sent twice is a list. */
export type Fields = Readonly<Record<string, string | string[] | undefined>>;

const fields = new WeakMap<IncomingMessage, Fields>();
const bodies = new WeakMap<IncomingMessage, Buffer>();
const none: Fields = Object.freeze({});

/** Bytes of a body that core reads by itself at most. */
export const coreReads = 56 * 1024;

const tooLarge = (most: number) =>
  new errors.InvalidRequest(`the request body must not be larger than ${most} bytes`, 413);

/** The fields of the request's form; none before `readBody()`, or where the body is no form. */
export const fieldsOf = ({ req }: Pick<Context, 'req'>): Fields => fields.get(req) ?? none;

/** The one value of a field; `undefined` where it was left out, left empty or sent twice. */
export function fieldOf(ctx: Pick<Context, 'req'>, name: string): string | undefined {
  const value = fieldsOf(ctx)[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The body that is no form, as it was received; `undefined` before `readBody()`, or where an application has read it. */
export const bodyOf = ({ req }: Pick<Context, 'req'>): string | undefined => bodies.get(req)?.toString();

/** Hands the body on: core reads the stream, and larger bodies than it would read it takes as they were parsed. */
function handOn(req: IncomingMessage, body: Buffer, parsed: Fields): void {
  if (body.length > coreReads) {
    Object.assign(req, { body: parsed });
    return;
  }
  Object.defineProperty(req, 'readable', { configurable: true, writable: true, value: true });
  Object.assign(req, { iterator: () => [body] });
}

/**
 * Reads the form of a request once, before core does, so that its size is bounded by us and rules of ours can look at it.
 * An application around us may have read it already: then its fields are taken.
 *
 * @param most bytes
 * @param isForm as its media type says
 * @throws {InvalidRequest} 413 when the body is larger.
 */
export async function readBody(ctx: Context, most: number, isForm: boolean): Promise<void> {
  const { req } = ctx;
  // A provider inside another one asks again.
  if (fields.has(req)) return;
  if ((ctx.request.length ?? 0) > most) throw tooLarge(most);
  if (!req.readable) {
    const read = (req as { body?: unknown }).body ?? (ctx.request as { body?: unknown }).body;
    if (typeof read === 'object' && read !== null) fields.set(req, read as Fields);
    return;
  }
  const body = await received(req, most, () => tooLarge(most));
  const parsed = querystring.parse(body.toString());
  fields.set(req, parsed);
  if (!isForm) bodies.set(req, body);
  handOn(req, body, parsed);
}

/** Puts another form in the place of one that was read: core takes what is there. */
export function replaceFields({ req }: Pick<Context, 'req'>, replaced: Readonly<Record<string, string>>): void {
  const body = Buffer.from(new URLSearchParams(replaced).toString());
  fields.set(req, replaced);
  req.headers['content-length'] = String(body.length);
  handOn(req, body, replaced);
}
