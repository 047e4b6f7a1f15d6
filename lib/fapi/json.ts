/** The deepest nesting of objects and lists in a JSON text; counted without a stack, so that no text is too deep for it. */
export function depthOf(json: string): number {
  let [depth, deepest, quoted] = [0, 0, false];
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (quoted && character === '\\') at += 1;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth -= 1;
  }
  return deepest;
}

/** The place of the quotation mark that ends a string; the text's end where there is none. */
function endOf(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at += 1) {
    if (json[at] === '\\') at += 1;
    else if (json[at] === '"') return at;
  }
  return json.length;
}

/** A member's name without its escapes, so that `"\u0061"` is `"a"`; one that is no JSON string stays as it is written. */
function nameOf(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted;
  }
}

/**
 * The first name that stands twice in one object of a JSON text: the parser takes the last, another one on the way might
 * take the first. Read once from beginning to end, without recursion; of a text that is no JSON it says nothing.
 *
 * @see [RFC 7493 section 2.3 - Object Constraints](https://www.rfc-editor.org/rfc/rfc7493.html#section-2.3)
 */
export function memberTwice(json: string): string | undefined {
  // Names of the objects that are open; a list has none.
  const open: (Set<string> | undefined)[] = [];
  let atName = false;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (character === '{' || character === '[') {
      atName = character === '{';
      open.push(atName ? new Set() : undefined);
    } else if (character === '}' || character === ']') open.pop();
    else if (character === ',') atName = open.at(-1) !== undefined;
    else if (character === '"') {
      const end = endOf(json, at);
      const names = atName ? open.at(-1) : undefined;
      const name = names && nameOf(json.slice(at, end + 1));
      if (name !== undefined && names?.has(name)) return name;
      if (name !== undefined) names?.add(name);
      atName = false;
      at = end;
    }
  }
  return undefined;
}
