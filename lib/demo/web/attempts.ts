import * as openid from 'openid-client';

import { type HttpsFetch, httpsFetch } from '../../http/https_fetch.ts';
import type { Flow, Planner, Purpose } from './planner.ts';
import { plainAddress } from './story.ts';

/** The end of an attempt. */
export interface Outcome {
  readonly status: number;
  readonly error: string;
  readonly description: string;
}

interface Attempt {
  readonly title: string;
  /** The flows after which it can be made; every flow when absent. */
  readonly after?: readonly Purpose[];
  readonly go: (flow: Flow, fetch: HttpsFetch, planner: Planner) => Promise<Response>;
}

const page = { headers: { accept: 'text/html' } };

/** More than was asked for: ten times the amount, or every scope. */
function greedy({ params }: Flow): Record<string, string> {
  const details = params.get('authorization_details');
  if (!details) return { scope: 'openid profile email' };
  return { authorization_details: details.replace(/"amount":"(\d+)/, '"amount":"9$1') };
}

function otherReference({ address }: Flow): URL {
  const url = new URL(address);
  const reference = `${url.searchParams.get('request_uri')}`;
  url.searchParams.set(
    'request_uri',
    reference.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
  );
  return url;
}

/** Attempts of somebody in the browser. Each is done for real, by somebody who has all that crossed the browser. */
const attempts: Readonly<Record<string, Attempt>> = {
  change: {
    title: 'Send the whole request through the browser, changed',
    go: (flow, fetch) => fetch(plainAddress(flow, greedy(flow)), page),
  },
  reference: {
    title: 'Change a letter of the reference',
    go: (flow, fetch) => fetch(otherReference(flow), page),
  },
  again: {
    title: 'Open the address once more',
    go: ({ address }, fetch) => fetch(address, page),
  },
  code: {
    title: 'Take the code to the bank, without the app’s key',
    go: ({ config, callback, address }, fetch, { options: { origin } }) =>
      fetch(`${config.serverMetadata().token_endpoint}`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          client_id: `${address.searchParams.get('client_id')}`,
          redirect_uri: `${origin}/callback`,
          code: `${callback.searchParams.get('code')}`,
          code_verifier: openid.randomPKCECodeVerifier(),
        }),
      }),
  },
  token: {
    title: 'Suppose the token leaked from the app’s server: use it with another key',
    after: ['accounts', 'payment'],
    async go({ config, access_token, purpose }, _fetch, { options: { bank } }) {
      const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
      const [method, path] =
        purpose === 'accounts' ? (['GET', '/accounts'] as const) : (['POST', '/payments'] as const);
      const url = new URL(path, bank);
      try {
        return await openid.fetchProtectedResource(config, access_token, url, method, null, undefined, { DPoP });
      } catch (error) {
        if (error instanceof openid.WWWAuthenticateChallengeError) return error.response;
        throw error;
      }
    },
  },
};

export const attemptsAfter = (purpose: Purpose): { name: string; title: string }[] =>
  Object.entries(attempts).flatMap(([name, { title, after = [purpose] }]) =>
    after.includes(purpose) ? [{ name, title }] : [],
  );

/** The heading of a page that a person is shown. */
const headingOf = (html: string) => /<h1[^>]*>([^<]*)/.exec(html)?.[1] ?? '';

/** Reads the words of an answer: of its JSON, of the address the browser is sent on to, or of its page. */
async function outcomeOf(response: Response): Promise<Outcome> {
  const { status, headers } = response;
  const text = await response.text();
  const location = headers.get('location');
  const query = location ? new URL(location, 'https://localhost').searchParams : undefined;
  const json = (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, string>;
  return {
    status,
    error: json.error ?? query?.get('error') ?? headingOf(text),
    description: json.error_description ?? query?.get('error_description') ?? '',
  };
}

/** Makes an attempt, with a connection that has neither the app's key nor its cookies. */
export async function attempt(name: string, flow: Flow, planner: Planner): Promise<Outcome | undefined> {
  if (!attemptsAfter(flow.purpose).some((one) => one.name === name)) return undefined;
  const fetch = httpsFetch({ unverified: planner.options.unverified });
  const response = await attempts[name]?.go(flow, fetch, planner);
  flow.note();
  return response && outcomeOf(response);
}
