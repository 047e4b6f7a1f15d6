import type { FetchOptions, HttpsFetch } from '../http/https_fetch.ts';

/** One request and its answer. */
export interface RecordedExchange {
  readonly url: URL;
  readonly method: string;
  readonly sent: Headers;
  readonly form: URLSearchParams | undefined;
  readonly status: number;
  readonly received: Headers;
  readonly body: string;
  /** True when it is another request once more, byte for byte. */
  readonly repeats: boolean;
}

/** A `fetch` that remembers what went over it. */
export class Recorder {
  readonly #fetch: HttpsFetch;
  #exchanges: RecordedExchange[] = [];

  constructor(fetch: HttpsFetch) {
    this.#fetch = fetch;
  }

  readonly fetch = async (input: string | URL, options: FetchOptions = {}, repeats = false): Promise<Response> => {
    const response = await this.#fetch(input, options);
    this.#exchanges.push({
      url: new URL(input),
      method: options.method ?? 'GET',
      sent: new Headers(options.headers),
      form: options.body instanceof URLSearchParams ? options.body : undefined,
      status: response.status,
      received: response.headers,
      body: await response.clone().text(),
      repeats,
    });
    return response;
  };

  /** Sends the very same request once more, by the same connection or another's. */
  again({ url, method, sent: headers, form: body }: RecordedExchange): Promise<Response> {
    return this.fetch(url, { method, headers, body }, true);
  }

  /** Takes what went over the wire since the last time. */
  take(): RecordedExchange[] {
    return this.#exchanges.splice(0);
  }
}
