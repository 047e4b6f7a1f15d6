/** A text as it may stand in a cell of a table. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** A table of Markdown, of cells that are Markdown already. */
export const table = (
  heading: readonly string[],
  rows: readonly (readonly (string | number | undefined)[])[],
): string => [heading, heading.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
