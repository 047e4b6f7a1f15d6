import { readFileSync } from 'node:fs';

import type { Page } from 'playwright-core';

const script = readFileSync(new URL('barriers.browser.js', import.meta.url), 'utf8');

/** What is wrong with a page for somebody who does not see it as we do. */
export function barriers(page: Page): Promise<string[]> {
  return page.evaluate(script);
}
