/** Names by pino's numbers. */
const names: Readonly<Record<number, string>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO ',
  40: 'WARN ',
  50: 'ERROR',
  60: 'FATAL',
};

/**
 * Members that a line for a terminal leaves out: they are the same in every line, or have a place of their own in it.
 */
const leftOut = new Set(['level', 'time', 'host', 'version', 'msg', 'stack']);

/** A value as it is written. Characters that could move a cursor or turn a line round are written as escapes. */
function written(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  if (/^[\w.:/@?=&+,-]+$/.test(text)) return text;
  const quoted = typeof value === 'string' ? JSON.stringify(text) : text;
  return quoted.replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const indented = (stack: string): string =>
  stack
    .split('\n')
    .map((line) => `\n    ${JSON.stringify(line.trim()).slice(1, -1)}`)
    .join('');

/** A line of the log, which is JSON, as a person reads it: time, level, message, and what is known besides. */
export function readableLine(json: string): string {
  const line = JSON.parse(json) as Record<string, unknown>;
  const { level, time, msg, stack } = line;
  const more = Object.entries(line)
    .filter(([name, value]) => !leftOut.has(name) && value !== undefined)
    .map(([name, value]) => `${name}=${written(value)}`);
  const head = [time, names[Number(level)] ?? level, msg].filter((part) => part !== undefined);
  return `${[...head, ...more].join(' ')}${typeof stack === 'string' ? indented(stack) : ''}\n`;
}
