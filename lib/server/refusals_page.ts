import type { Middleware } from 'koa';

import { clauseUrl } from '../clause.ts';
import type { Facts } from '../fapi/refusals/refusal.ts';
import { refusals, textOf } from '../fapi/refusals.ts';

/** Path of the page that `error_uri` leads to. */
export const refusalsPath = '/refusals';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;' };
const escaped = (text: string) => text.replace(/[&<>']/g, (character) => entities[character] ?? '');

function page(facts: Facts): string {
  const entries = refusals.map((refusal) => {
    const [wrong = '', ...todo] = escaped(textOf(refusal, facts)).split(': ');
    const clause = `<a href="${clauseUrl(refusal.clause)}">${refusal.clause}</a>`;
    return `<h2 id="${refusal.id}">${refusal.id}</h2>\n<p>${wrong}.</p>\n<p>What to do: ${todo.join(': ')}.</p>\n<p>${clause}</p>`;
  });
  const title = 'Why a request was refused';
  return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title></head>
<body>
<main>
<h1>${title}</h1>
${entries.join('\n')}
</main>
</body>
</html>
`;
}

/** The table of refusals as a page for the developers of clients. */
export function refusalsPage(issuer: string, mtls: string | undefined, assertion_lifetime: number): Middleware {
  const html = page({ issuer, mtls: mtls ?? issuer, assertion_lifetime, redirect_uri: '', registered: '' });
  return function refusalsPage(ctx, next) {
    if (ctx.path !== refusalsPath || !['GET', 'HEAD'].includes(ctx.method)) return next();
    ctx.type = 'html';
    ctx.set('cache-control', 'max-age=3600');
    ctx.body = html;
    return Promise.resolve();
  };
}
