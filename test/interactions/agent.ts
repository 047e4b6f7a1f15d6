import { Cookies } from '../../lib/demo/cookies.ts';

/** A browser without a screen: keeps cookies by path, follows nothing by itself. */
export class Agent {
  readonly #cookies = new Cookies();

  /** Every Set-Cookie received, as it was. */
  readonly received: string[] = [];

  forget(): void {
    this.#cookies.clear();
  }

  cookies(url: string | URL): string {
    return this.#cookies.for(new URL(url).pathname);
  }

  async fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(url, {
      redirect: 'manual',
      ...init,
      headers: { accept: 'text/html', cookie: this.cookies(url), ...(init.headers as Record<string, string>) },
    });
    for (const line of response.headers.getSetCookie()) {
      this.received.push(line);
      this.#cookies.keep(line);
    }
    return response;
  }

  /** Follows redirects of the provider itself, until a page or a redirect elsewhere. */
  async follow(response: Response): Promise<Response> {
    let at = response;
    for (let redirects = 0; redirects < 20; redirects += 1) {
      const location = at.headers.get('location');
      if (!location) return at;
      const next = new URL(location, at.url);
      if (next.origin !== new URL(at.url).origin) return at;
      at = await this.fetch(next);
    }
    throw new Error(`redirects without an end, the last to ${at.headers.get('location')}`);
  }

  async open(url: string): Promise<Page> {
    return Page.of(await this.follow(await this.fetch(url)));
  }

  async post(page: Page, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Page> {
    const response = await this.fetch(page.url, {
      method: 'POST',
      body: new URLSearchParams({ token: page.token, ...fields }),
      headers,
    });
    return Page.of(await this.follow(response));
  }
}

/** What came back: a page, or the redirect to the client. */
export class Page {
  readonly response: Response;
  readonly text: string;

  private constructor(response: Response, text: string) {
    this.response = response;
    this.text = text;
  }

  static async of(response: Response): Promise<Page> {
    return new Page(response, await response.text());
  }

  get url(): string {
    return this.response.url;
  }

  get status(): number {
    return this.response.status;
  }

  get heading(): string {
    return /<h1>([^<]*)/.exec(this.text)?.[1] ?? '';
  }

  get alert(): string | undefined {
    return /role="alert"><p>([^<]*)/.exec(this.text)?.[1];
  }

  get token(): string {
    return /name="token" value="([^"]*)"/.exec(this.text)?.[1] ?? '';
  }

  /** The authorization response. */
  get answer(): URLSearchParams {
    return new URL(this.response.headers.get('location') ?? 'about:blank').searchParams;
  }
}
