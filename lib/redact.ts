/** Host, port and name as they stand in a URL, with whatever comes before an `@` and after a `?` apart. */
const plain =
  /^(postgres(?:ql)?:\/\/)(?:[^/?#]*@)?((?:[\w.-]|%2f)*|\[[\da-f:.%]+\])(:\d{1,5})?(\/[\w.~-]*)?(\?[^#@/?]*(?:\/[^#@?]*)?)?$/i;

/**
 * The name of a database for a log or an error: scheme, host, port and name, never user, password or parameters. Of a
 * URL in which these cannot be told apart, such as one with a raw `#` or `/` in its password, only the scheme.
 */
export function databaseName(url: string): string {
  if (url.startsWith('pglite:')) return url;
  const [, scheme, host = '', port = '', name = ''] = plain.exec(url) ?? [];
  if (scheme) return `${scheme}${host}${port}${name}`;
  return `${/^[a-z][a-z0-9+.-]*(?=:)/i.exec(url)?.[0] ?? ''}://...`;
}

/** A text without the credentials of the URLs that it quotes. */
export function redacted(text: string): string {
  return text
    .replace(/\bpostgres(ql)?:\/\/[^\s'"`<>]*/gi, (url) => databaseName(url))
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s'"`<>/?#]*@/gi, '$1...@');
}
