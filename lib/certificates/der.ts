/** One value of a DER encoding. */
export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag, length and content. */
  readonly whole: Buffer;
}

function lengthAt(der: Buffer, offset: number): [length: number, content: number] {
  const first = der[offset] ?? Number.NaN;
  if (first < 0x80) return [first, offset + 1];
  const bytes = first & 0x7f;
  if (!(bytes > 0 && bytes <= 4) || offset + 1 + bytes > der.length) throw new SyntaxError('no DER length');
  return [der.readUIntBE(offset + 1, bytes), offset + 1 + bytes];
}

/**
 * The values that stand one after the other in the content of a DER value. A revocation list may hold a million: the
 * general reader makes objects of each and gives up at ten thousand.
 *
 * @throws {SyntaxError} when a value is longer than what is there.
 */
export function* derValues(content: Buffer): Generator<DerValue> {
  for (let offset = 0; offset < content.length; ) {
    const [length, start] = lengthAt(content, offset + 1);
    const end = start + length;
    if (!(end <= content.length)) throw new SyntaxError('DER that ends too early');
    yield { tag: content[offset] ?? 0, content: content.subarray(start, end), whole: content.subarray(offset, end) };
    offset = end;
  }
}

/**
 * The content of the one value that a DER text consists of.
 *
 * @throws {SyntaxError} when there is none, another tag or anything after it.
 */
export function derContent(der: Buffer, tag = 0x30): Buffer {
  const [value, ...more] = derValues(der);
  if (value?.tag !== tag || more.length > 0) throw new SyntaxError('not the DER value that is expected');
  return value.content;
}
