import type { Context } from 'koa';
import { errors } from 'oidc-provider';

import { form } from '../http/media_types.ts';
import { received } from '../http/received.ts';

const limit = 64 * 1024;

/**
 * Reads the fields of a posted form; in an application that reads bodies itself, those that it has read.
 *
 * @throws {InvalidRequest} 415 for another media type, 413 where it is too long.
 */
export async function readForm(ctx: Context): Promise<URLSearchParams> {
  if (!ctx.is(form)) throw new errors.InvalidRequest(`the content-type has to be ${form}`, 415);
  const { body } = ctx.req as { body?: unknown };
  if (typeof body === 'object' && body !== null) {
    return new URLSearchParams(
      Object.entries(body).filter((field): field is [string, string] => typeof field[1] === 'string'),
    );
  }
  const tooLarge = () => new errors.InvalidRequest(`the form may have ${limit} bytes`, 413);
  return new URLSearchParams(`${await received(ctx.req, limit, tooLarge)}`);
}
