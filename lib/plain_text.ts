/**
 * Replaces characters by a blank that move a terminal's cursor, turn text round or begin another line. A stranger may
 * have written the text.
 */
export const plain = (value: unknown): string => `${value ?? ''}`.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ');
