import type { KoaContextWithOIDC, Provider } from 'oidc-provider';

import { escapeHtml } from '../http/escape_html.ts';

/** The members of an error beside its code. */
export type ErrorWords = Readonly<Record<'error_description', string> & Partial<Record<'error_uri', string>>>;

/** An error of core's, as it goes back to a client. */
interface Failure {
  readonly error?: string;
  readonly scope?: string;
}

const inAddress = /(?<=[?&#])error_description=[^&#]*/;
const inForm = /<input type="hidden" name="error_description" value="[^"]*"\/>/;
const signed = /(?<=[?&#]response=)[^&#]*|(?<=<input type="hidden" name="response" value=")[^"]*/;

/**
 * Signs a response once more with other words, and encrypts it where it was encrypted: core signs before anybody is
 * told of the error.
 */
async function signedAgain(
  ctx: KoaContextWithOIDC,
  provider: Provider,
  { error, scope }: Failure,
  words: ErrorWords,
): Promise<string> {
  const { state } = ctx.oidc.params ?? {};
  const token = new provider.IdToken({}, { ctx });
  for (const [name, value] of Object.entries({ error, scope, state, iss: provider.issuer, ...words })) {
    if (value !== undefined) token.set(name, value);
  }
  return token.issue({ use: 'authorization' });
}

async function reworded(
  response: string,
  { ctx, provider, failure, words }: Parameters<typeof reword>[0],
): Promise<string> {
  const fields = Object.entries(words);
  if (signed.test(response)) {
    const jwt = await signedAgain(ctx, provider, failure, words);
    return response.replace(signed, () => jwt);
  }
  const inputs = fields.map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}"/>`);
  return response
    .replace(inAddress, () => `${new URLSearchParams(fields)}`)
    .replace(inForm, () => inputs.join('\n    '));
}

/**
 * Puts words into an authorization response that tells of an error, by whatever response mode it travels: query, fragment,
 * form_post, and those that are signed (JARM).
 *
 * @param words of printable ASCII without quotation marks (RFC 6749 section 4.1.2.1)
 */
export async function reword(answer: {
  readonly ctx: KoaContextWithOIDC;
  readonly provider: Provider;
  readonly failure: Failure;
  readonly words: ErrorWords;
}): Promise<void> {
  const { ctx } = answer;
  const location = ctx.response.get('location');
  if (location) {
    ctx.set('location', await reworded(location, answer));
    ctx.body = '';
  } else if (typeof ctx.body === 'string') {
    ctx.body = await reworded(ctx.body, answer);
  }
}
