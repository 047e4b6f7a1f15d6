import axe from 'axe-core';
import type { Page } from 'playwright-core';

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
