import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

import { atEnd } from './at_end.ts';

/** The system's own Chromium; the shell that Debian builds of it for pages alone first, which takes half the processor time. */
function executable(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
  return [process.env.CHROMIUM, ...names.flatMap((name) => folders.map((folder) => join(folder, name)))].find(
    (path) => {
      try {
        if (path) accessSync(path, constants.X_OK);
        return path !== undefined;
      } catch {
        return false;
      }
    },
  );
}

async function launch(): Promise<Browser | undefined> {
  const executablePath = executable();
  if (!executablePath) return undefined;
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
  return chromium.launch({
    executablePath,
    args: [...args, '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

let running: Promise<Browser | undefined> | undefined;

/** The browser of this process, to be shared by context; suites are skipped on a machine that has none, and fail where CI should have one. */
export async function browserFor(suite: { skip(): never }): Promise<Browser> {
  running ??= launch().then((browser) => {
    atEnd(async () => browser?.close());
    return browser;
  });
  const browser = await running;
  if (!browser && process.env.CI) throw new Error('no Chromium, which .ci/run installs');
  return browser ?? suite.skip();
}

/** Pages of a suite, one for each way to look at them: a context of its own costs a second of processor time. */
export class Pages {
  readonly #browser: Browser;
  readonly #pages = new Map<string, Page>();

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** A page whose browser knows nothing of what was before: its cookies are gone, and they are all that pages keep there. */
  async fresh(options: BrowserContextOptions): Promise<Page> {
    const way = JSON.stringify(options);
    const known = this.#pages.get(way);
    if (!known) {
      const page = await (await this.#browser.newContext(options)).newPage();
      this.#pages.set(way, page);
      return page;
    }
    known.removeAllListeners();
    await known.context().clearCookies();
    return known;
  }

  async close(): Promise<void> {
    for (const page of this.#pages.values()) await page.context().close();
  }
}

/** Tab until this control has the focus, then press. */
export async function press(page: Page, control: string, key = 'Enter'): Promise<void> {
  for (let tabs = 0; tabs < 60; tabs += 1) {
    if (await page.evaluate<boolean>(`document.activeElement.matches(${JSON.stringify(control)})`)) {
      return page.keyboard.press(key);
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`no Tab leads to ${control}`);
}

/**
 * Everything axe finds wrong with a page for somebody who does not see or hear it as we do, and the one thing it does not
 * look at: scrolling sideways.
 *
 * @see [Rules of axe](https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md)
 */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations }: axe.AxeResults = await page.evaluate(
    "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })",
  );
  const scrolls = await page.evaluate<boolean>('document.documentElement.scrollWidth > window.innerWidth');
  return [
    ...violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`)),
    ...(scrolls ? ['scrolls sideways'] : []),
  ];
}
