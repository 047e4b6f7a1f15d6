import { setTimeout as delay } from 'node:timers/promises';

import * as expected from './expectations.ts';
import type { Rows } from './row.ts';
import { brief } from './setting.ts';

/** How often, by whom and for how long a request_uri may be used. */
export const requestUris: Rows = {
  'par-ensure-reused-request-uri-prior-to-auth-completion-succeeds': async ({ first }) => {
    const { params } = first;
    const url = first.authorizationUrl(expected.pushed(await first.push(params)));
    await first.browser.open(url);
    const answer = await first.exchange(await expected.code(first, await first.visit(url), params.state));
    await expected.tokens(first, answer, params.nonce);
  },
  'par-attempt-reuse-request_uri': async ({ first }) => {
    const { params } = first;
    const url = first.authorizationUrl(expected.pushed(await first.push(params)));
    await expected.code(first, await first.visit(url), params.state);
    await expected.az(first, await first.visit(url), ['invalid_request_uri'], { plain: true });
  },
  'par-attempt-to-use-expired-request_uri': async ({ brief: at }) => {
    const client = await at();
    const url = client.authorizationUrl(expected.pushed(await client.push()));
    await delay((brief.request_uri + 1) * 1000);
    await expected.az(client, await client.visit(url), ['invalid_request_uri'], { plain: true });
  },
  'par-attempt-to-use-request_uri-for-different-client': async ({ first, second }) => {
    const request_uri = expected.pushed(await first.push());
    // The second client asks for the first one's redirect URI, which is registered for both.
    const { redirect_uri } = first.party;
    const url = second.authorizationUrl(request_uri, { redirect_uri });
    const errors = ['invalid_request', 'invalid_request_object', 'invalid_request_uri'];
    await expected.az(second, await second.visit(url), errors, { plain: true, redirect_uri });
  },
};
