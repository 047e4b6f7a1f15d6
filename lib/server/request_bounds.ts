import type { IncomingMessage, ServerResponse } from 'node:http';

import { errorAnswer, inJson } from '../http/error_answer.ts';
import type { LimitSettings } from '../http/settings.ts';

function refuse(response: ServerResponse, status: number, error: string, error_description: string): void {
  const { headers, body } = inJson(errorAnswer(status, error, error_description));
  response.writeHead(status, headers).end(body);
}

/** Refuses a URL that is too long, and a request where too many are under way; before anything is made for it. */
export class RequestBounds {
  #underWay = 0;

  /** @returns true when the request was answered. */
  refuse(
    request: IncomingMessage,
    response: ServerResponse,
    { url, requests_under_way }: Pick<LimitSettings, 'url' | 'requests_under_way'>,
  ): boolean {
    if (Buffer.byteLength(request.url ?? '') > url) {
      refuse(response, 414, 'invalid_request', `the URL must not be longer than ${url} bytes`);
      return true;
    }
    if (this.#underWay >= requests_under_way) {
      refuse(response, 503, 'temporarily_unavailable', 'too many requests are under way: try again later');
      return true;
    }
    this.#underWay += 1;
    response.once('close', () => {
      this.#underWay -= 1;
    });
    return false;
  }
}
