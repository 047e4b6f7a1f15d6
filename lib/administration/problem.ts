import type { Context } from 'koa';

import { TrailUnreadable } from '../audit/read.ts';
import { OperationalError, UsageError } from '../errors.ts';
import { retryAfter } from '../http/error_answer.ts';
import { answerProblem } from '../http/problem.ts';
import { log } from '../log.ts';
import { ActRefused } from './refused.ts';

/** A request that cannot be read. */
export class BadRequest extends UsageError {
  readonly status: 400 | 413 | 415;

  constructor(status: 400 | 413 | 415, message: string) {
    super(message);
    this.status = status;
  }
}

/** The words of RFC 7591 section 3.2.2 beside those of the problem. */
function metadataProblem({ findings }: ActRefused): object {
  if (findings.length === 0) return {};
  const problems = findings.map(({ path, text, clause }) => ({ name: path.slice(2).join('.'), text, clause }));
  const redirects = problems.every(({ name }) => name.startsWith('redirect_uris'));
  const [first] = problems;
  return {
    error: redirects ? 'invalid_redirect_uri' : 'invalid_client_metadata',
    error_description: `${first?.name} ${first?.text}`.trim(),
    problems,
  };
}

/**
 * The status, the title and further members of the problem that tells of an error. An error of the server's own is
 * logged, and its reason is not told.
 */
function problemOf(error: unknown): [status: number, title: string, more?: object] {
  if (error instanceof ActRefused) {
    const title = error.findings.length > 0 ? 'the metadata are refused' : error.message;
    return [error.status, title, metadataProblem(error)];
  }
  if (error instanceof BadRequest) return [error.status, error.message];
  if (error instanceof TrailUnreadable) return [403, error.message];
  if (error instanceof UsageError) return [400, error.message];
  const { status, message, stack } = error as { status?: number; message?: string; stack?: string };
  log.error({ message, stack }, 'administration: an act failed');
  if (status === 503 || error instanceof OperationalError) return [503, 'not at this moment, try again'];
  return [500, 'the act could not be done'];
}

/** Answers what an act has thrown. */
export function explainProblem(ctx: Context, error: unknown): void {
  const [status, title, more] = problemOf(error);
  if (status === 503) ctx.set(retryAfter());
  answerProblem(ctx, status, title, more);
}
