import type { Context, Middleware } from 'koa';

import { refusalsPath } from './refusals_page.ts';

const frame = (title: string, body: string) => `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title></head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;

const link = (href: string, text: string) => `<li><a href="${href}">${text}</a></li>`;

function html(ctx: Context, status: number, page: string): void {
  ctx.status = status;
  ctx.type = 'html';
  ctx.body = page;
}

/** The documents a client needs, for whoever opens the issuer's address in a browser. */
function welcome(issuer: string): string {
  const documents = [
    link(`${issuer}/.well-known/openid-configuration`, 'Metadata of this server'),
    link(`${issuer}/jwks`, 'Its public keys'),
    link(`${issuer}${refusalsPath}`, 'Why a request was refused, and what to do'),
  ];
  return frame('Authorization server', `<p>For developers of applications:</p>\n<ul>\n${documents.join('\n')}\n</ul>`);
}

const nothing = frame('There is no such page', '<p>Go back to the application you came from and start again.</p>');

/**
 * Answers at the issuer's address, and where nothing else does: people with a page, programs with JSON.
 *
 * @param shown whether there is a page at the issuer's address.
 */
export function frontPage(issuer: string, shown: boolean): Middleware {
  const front = welcome(issuer);
  return function frontPage(ctx, next) {
    if (shown && ctx.path === '/' && (ctx.method === 'GET' || ctx.method === 'HEAD')) {
      html(ctx, 200, front);
      return Promise.resolve();
    }
    return next().then(() => {
      if (ctx.status !== 404 || ctx.body) return;
      ctx.app.emit('not_found', ctx);
      if (ctx.accepts('json', 'html') === 'html') {
        html(ctx, 404, nothing);
        return;
      }
      ctx.status = 404;
      ctx.body = { error: 'not_found', error_description: 'there is nothing at this path' };
    });
  };
}
