import { hash } from 'node:crypto';

import { Eta } from 'eta/core';
import type { Context } from 'koa';

import { escapeHtml } from '../http/escape_html.ts';
import { filled, type Language, type MessageKey } from './language.ts';
import { authorizationDetails } from './views/authorization_details.ts';
import { client, consent } from './views/consent.ts';
import { development, front, refusals, tried } from './views/front.ts';
import { alert, layout } from './views/layout.ts';
import { login } from './views/login.ts';
import { logout, message } from './views/message.ts';
import { style } from './views/style.ts';

/**
 * Turns a value into text of a page: markup is escaped, and characters that a page cannot have, such as NUL, become
 * U+FFFD.
 */
function escapeFunction(value: unknown): string {
  return escapeHtml(String(value ?? '')).replace(/[\p{Cc}\u2028\u2029]/gu, (character) =>
    /[\t\r\n]/.test(character) ? character : '\ufffd',
  );
}

const pages = { login, consent, message, logout, front, refusals, development, tried };
const parts = { layout, alert, client, authorizationDetails };

function compiled(): Eta {
  const eta = new Eta({ escapeFunction, autoTrim: false });
  for (const [name, template] of Object.entries({ ...pages, ...parts })) eta.loadTemplate(`@${name}`, template);
  return eta;
}

let made: Eta | undefined;
/** The templates, compiled for the first page: a process that imports this may never show one. */
const templates = (): Eta => {
  made ??= compiled();
  return made;
};

/**
 * The policy of the pages. There is no `form-action`: browsers apply it to the redirects that answer a form as well,
 * and the last of them leads to the client's address. Nothing on a page can make a form: there is no script, and every
 * foreign text is escaped.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${hash('sha256', style, 'base64')}'`,
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Cuts a text of somebody else's to the length of a heading. */
export function short(text: string, length = 80): string {
  const characters = [...text.slice(0, 4 * length)];
  return characters.length > length ? `${characters.slice(0, length).join('')}…` : characters.join('');
}

/** Puts values into a text as markup, each with a direction of writing of its own. */
function markup(text: string, values: Readonly<Record<string, string>>): string {
  const isolated = Object.entries(values).map(([name, value]) => [name, `<bdi>${escapeFunction(value)}</bdi>`]);
  return filled(escapeFunction(text), Object.fromEntries(isolated));
}

/** Answers with a page. */
export function render(
  ctx: Context,
  status: number,
  view: string,
  { language, ...data }: { title: string; language: Language; [name: string]: unknown },
): void {
  const { tag, direction, messages, say } = language;
  const rich = (key: MessageKey, values: Readonly<Record<string, string>>) => markup(messages[key], values);
  ctx.status = status;
  ctx.type = 'html';
  ctx.set({
    'cache-control': 'no-store',
    'content-language': tag,
    'content-security-policy': contentSecurityPolicy,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
  ctx.body = templates().render(`@${view}`, { style, lang: tag, direction, say, rich, ...data });
}
