import type { IncomingMessage, ServerResponse } from 'node:http';

import type { AccessToken } from './access_token.ts';
import type { Protection } from './authorize.ts';
import { guard } from './guard.ts';

type Handler = (
  req: IncomingMessage,
  res: ServerResponse & { locals: Record<string, unknown> },
  next: (error?: unknown) => void,
) => void;

/** Members of `res.locals` after `protect()`. */
export interface ProtectedLocals {
  token: AccessToken;
}

/**
 * A resource server's duties as a handler of Express 4 and 5: `res.locals.token` is the access token's introspection.
 *
 * @param rules how tokens are verified, proofs spent, and at which origins the resource is asked for.
 * @example
 * app.get('/accounts', protect(rules), (req, res) => res.json(res.locals.token));
 */
export function protect(rules: Protection<IncomingMessage>): Handler {
  const judge = guard(rules);
  return function protect(req, res, next) {
    judge(req)
      .then((verdict) => {
        for (const [name, value] of Object.entries(verdict.headers)) res.setHeader(name, value);
        if (!verdict.token) {
          res.statusCode = verdict.status;
          res.end(verdict.body);
          return;
        }
        res.locals.token = verdict.token;
        next();
      })
      .catch(next);
  };
}
