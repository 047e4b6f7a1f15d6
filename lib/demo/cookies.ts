/** Cookies of one browser, by name and path. */
export class Cookies {
  readonly #kept = new Map<string, { readonly pair: string; readonly path: string }>();

  /** @param line a `Set-Cookie` header; one that has expired, or is empty, takes the cookie away. */
  keep(line: string): void {
    const [pair = '', ...attributes] = line.split(/;\s*/);
    const attribute = (name: string) =>
      attributes.find((one) => one.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
    const path = attribute('path') ?? '/';
    const [name = '', value] = pair.split('=');
    const expires = attribute('expires');
    const isOver =
      !value || attribute('max-age') === '0' || (expires !== undefined && Date.parse(expires) <= Date.now());
    if (isOver) this.#kept.delete(`${name} ${path}`);
    else this.#kept.set(`${name} ${path}`, { pair, path });
  }

  /** The `Cookie` header for a path; empty where there is none to send. */
  for(pathname: string): string {
    const sent = [...this.#kept.values()].filter(({ path }) => pathname.startsWith(path));
    return sent.map(({ pair }) => pair).join('; ');
  }

  clear(): void {
    this.#kept.clear();
  }
}
