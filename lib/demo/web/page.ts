import { readFile } from 'node:fs/promises';
import module from 'node:module';
import { extname } from 'node:path';

import type { Context } from 'koa';

import { css } from './style.ts';

/**
 * The file extension of the browser's part, which stands beside this file: `.ts` of the sources, `.js` of the build.
 */
const extension = extname(import.meta.filename);
const scripts = ['app', 'dom', 'panels'].map((name) => name + extension);

const html = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A small bank to look at</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="data:,">
<script type="module" src="/browser/app${extension}"></script>
</head>
<body>
<header>
<p class="brand">Sample planner</p>
<p id="who"></p>
<button id="sign_out" type="button" hidden>Sign out</button>
</header>
<main>
<h1>A small bank to look at</h1>
<p>This app shows you your bank accounts and pays for you. It never learns your bank password: it sends you to the bank, and the
bank asks you. Go through the three steps, and see after each one what was sent where.</p>
<div id="news" role="status" tabindex="-1"></div>
<noscript><p class="news">This page needs JavaScript.</p></noscript>

<div class="steps">
<section aria-labelledby="step_1">
<h2 id="step_1">1. Sign in</h2>
<p>The bank tells the app who you are. Log in there as <kbd>demo</kbd> with the password <kbd>demo</kbd>.</p>
<button id="sign_in" type="button" class="primary">Sign in at the bank</button>
</section>

<section aria-labelledby="step_2">
<h2 id="step_2">2. See your accounts</h2>
<p>The app asks for two accounts. At the bank you can leave one out.</p>
<button id="ask_accounts" type="button" class="primary" disabled>Show my accounts</button>
<ul id="accounts" aria-label="Your accounts" hidden></ul>
</section>

<section aria-labelledby="step_3">
<h2 id="step_3">3. Pay somebody</h2>
<form id="payment" novalidate>
<label for="creditor">To</label>
<input id="creditor" name="creditor" autocomplete="off" value="Bookshop Rivet" disabled>
<p class="problem" id="creditor_problem" hidden></p>
<label for="iban">IBAN</label>
<input id="iban" name="iban" autocomplete="off" autocapitalize="characters" spellcheck="false" value="FR76 3000 6000 0112 3456 7890 189" disabled>
<p class="problem" id="iban_problem" hidden></p>
<label for="amount">Amount in euros</label>
<input id="amount" name="amount" inputmode="decimal" autocomplete="off" value="42.00" disabled>
<p class="problem" id="amount_problem" hidden></p>
<label for="reference">Reference</label>
<input id="reference" name="reference" autocomplete="off" value="Order 1071" disabled>
<p class="problem" id="reference_problem" hidden></p>
<button id="pay" class="primary" disabled>Pay</button>
</form>
<ul id="receipts" aria-label="Paid" hidden></ul>
</section>
</div>

<section id="stories" aria-labelledby="told" hidden>
<h2 id="told">What was sent where</h2>
<div id="choice" role="group" aria-label="Which step"></div>
<div id="panels"></div>
</section>
</main>
</body>
</html>
`;

export const page = (ctx: Context): void => {
  ctx.type = 'html';
  ctx.body = html;
};

export const style = (ctx: Context): void => {
  ctx.type = 'css';
  ctx.body = css;
};

/** One of the scripts of the page, by its name and no other. */
export async function script(ctx: Context, asked: string): Promise<void> {
  const name = scripts.find((one) => one === asked);
  if (!name) return;
  const source = await readFile(new URL(`./browser/${name}`, import.meta.url), 'utf8');
  ctx.type = 'text/javascript';
  ctx.body = extension === '.ts' ? module.stripTypeScriptTypes(source) : source;
}
