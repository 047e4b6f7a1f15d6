const strict = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the text of a file, without the byte order mark that some editors put before it.
 *
 * @throws {TypeError} when it is in another encoding: read as UTF-8 it would be another text, and nobody would see.
 */
export function utf8(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  // Western text in UTF-16 without a mark has a zero in each pair of bytes, which no text in UTF-8 has.
  if (marked || bytes.includes(0)) throw new TypeError('is UTF-16 or no text at all, save it as UTF-8');
  try {
    return strict.decode(bytes);
  } catch {
    throw new TypeError('is not UTF-8 (Latin-1?), save it as UTF-8');
  }
}
