import type { Context } from 'koa';

/** Errors of the Consumer Data Standards by their code, with status and title. */
const known = {
  'Authorisation/InvalidArrangement': [422, 'Invalid Consent Arrangement'],
  'Header/Missing': [400, 'Missing Required Header'],
  'Header/InvalidVersion': [400, 'Invalid Version'],
  'Header/UnsupportedVersion': [406, 'Unsupported Version'],
} as const;

/** Answers in the shape of the Consumer Data Standards. */
export function answerError(ctx: Context, code: keyof typeof known, detail: string): void {
  const [status, title] = known[code];
  ctx.status = status;
  ctx.set('cache-control', 'no-store');
  ctx.body = { errors: [{ code: `urn:au-cds:error:cds-all:${code}`, title, detail }] };
}
