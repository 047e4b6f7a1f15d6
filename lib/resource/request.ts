import type { IncomingMessage } from 'node:http';

/** The parts of a request that a resource server looks at, in any framework. */
export interface ResourceRequest {
  readonly method: string;
  /** Its path and query are those the client sent; its origin says nothing. */
  readonly url: URL;
  /** Every value of a header, by its name in lower case. */
  readonly header: (name: string) => readonly string[];
}

const nowhere = 'https://path.invalid';
const urlOf = (target: string): URL => URL.parse(target, nowhere) ?? new URL(nowhere);

/**
 * A request as node has it.
 *
 * @param target path and query as the client sent them, where the framework keeps them elsewhere.
 */
export function ofNode(req: IncomingMessage, target?: string): ResourceRequest {
  // Under a path, Express keeps the whole URL here.
  const mounted = req as { originalUrl?: string; baseUrl?: string };
  const path = mounted.originalUrl ?? `${mounted.baseUrl ?? ''}${target ?? req.url ?? '/'}`;
  return {
    method: req.method ?? 'GET',
    url: urlOf(path),
    header: (name) => req.headersDistinct[name] ?? [],
  };
}

/** A request of the Web (`fetch`), where several headers of one name have become one. */
export function ofWeb({ method, url, headers }: Request): ResourceRequest {
  return {
    method,
    url: urlOf(url),
    header: (name) => {
      const value = headers.get(name);
      return value === null ? [] : [value];
    },
  };
}
