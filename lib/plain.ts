/** Replaces by a blank what moves a terminal's cursor, turns text round or begins another line: a stranger may have written it. */
export const plain = (value: unknown): string => `${value ?? ''}`.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ');
