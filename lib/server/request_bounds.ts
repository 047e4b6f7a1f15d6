import type { IncomingMessage, ServerResponse } from 'node:http';

import { errorAnswer, inJson } from '../http/error_answer.ts';
import type { LimitSettings } from '../http/settings.ts';

function refuse(response: ServerResponse, status: number, error: string, error_description: string): void {
  const { headers, body } = inJson(errorAnswer(status, error, error_description));
  response.writeHead(status, headers).end(body);
}

/**
 * Refuses requests whose URL is too long, and those that come when too many are under way, before anything is made for
 * them.
 */
export class RequestBounds {
  #underWay = 0;

  /**
   * Refuses a request that is beyond a bound.
   *
   * @returns true when it was refused, and answered
   */
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
