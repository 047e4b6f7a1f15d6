// The few parts of a browser this page uses; the library of DOM types would change those of the whole server.
type Listener = (event: { preventDefault(): void; readonly submitter?: Part }) => void;

/** An element of the page. */
export interface Part {
  hidden: boolean;
  disabled: boolean;
  value: string;
  textContent: string | null;
  focus(): void;
  append(...children: readonly (Part | string)[]): void;
  replaceChildren(...children: readonly (Part | string)[]): void;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  addEventListener(type: string, listener: Listener): void;
}

declare const document: { createElement(name: string): Part; getElementById(id: string): Part | null };
declare const location: { readonly search: string; assign(url: string): void };
declare const history: { replaceState(data: null, unused: '', url: string): void };

/** An element with its attributes, listeners and children. Text is only ever text: nothing here makes markup of a string. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | boolean | Listener>> = {},
  ...children: readonly (Part | string)[]
): Part {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(key, value);
    else if (value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children);
  return made;
}

/** The element of the page with this id. */
export function part(id: string): Part {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** Takes a parameter out of the page's address, and leaves none behind. */
export function arrivedWith(name: string): string | undefined {
  const value = new URLSearchParams(location.search).get(name) ?? undefined;
  if (location.search) history.replaceState(null, '', '/');
  return value;
}

export const leaveFor = (url: string): void => location.assign(url);

/** An answer of the app's own server. */
export interface Answer<T> {
  readonly ok: boolean;
  readonly status: number;
  readonly body: T;
}

/**
 * Asks the app's own server. Another site cannot set this header without asking that server first, which says no: so a
 * request that has it comes from this page.
 */
export async function ask<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer<T>> {
  const response = await fetch(path, {
    method,
    headers: { 'x-planner': 'page', ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    credentials: 'same-origin',
    redirect: 'error',
  });
  return { ok: response.ok, status: response.status, body: (await response.json()) as T };
}
