import { hash, type X509Certificate } from 'node:crypto';

import { algorithms } from '../signing_algorithms.ts';
import type { AccessToken, VerifyAccessToken } from './access_token.ts';
import type { DpopNonces } from './dpop_nonce.ts';
import { checkDpopProof, type ProofRules } from './dpop_proof.ts';
import { invalidProof, invalidRequest, invalidToken, Refusal, type Scheme } from './refusal.ts';
import type { ResourceRequest } from './request.ts';

/** The rules of a resource server for a request. `Request` is the framework's. */
export interface Protection<Request> extends Omit<ProofRules, 'nonces' | 'nonceRequired'> {
  /** `tokensOf(provider)`, `jwtAccessTokens(...)` or `introspection(...)`. */
  readonly verify: VerifyAccessToken;
  /** Takes an id once until it expires, in seconds since the epoch; `false` when it was taken before, by any process. */
  readonly unique: (id: string, expiresAt: number) => Promise<boolean>;
  /** The certificate the client proved to have: `clientCertificate(...)`. Without it no certificate-bound token is taken. */
  readonly clientCertificate?: ((request: Request) => X509Certificate | undefined) | undefined;
  /** Nonces are checked when they are sent, and asked for when `required`. */
  readonly nonce?: { readonly nonces: DpopNonces; readonly required: boolean } | undefined;
  /** Scopes a token has to have, with a space between. */
  readonly scope?: string | undefined;
  /** Value that the token's `aud` has to contain; a token without `aud` is refused then. */
  readonly audience?: string | undefined;
}

/** Finds the token of a request in its header, and refuses one anywhere else (FAPI2-SP-FINAL-5.3.4-1 and -2). */
function presented(request: ResourceRequest): { scheme: Scheme; token: string } {
  if (request.url.searchParams.has('access_token')) {
    throw invalidRequest('access tokens must not be sent in the query');
  }
  const [authorization, ...more] = request.header('authorization');
  if (more.length > 0) throw invalidRequest('exactly one Authorization header has to be sent');
  if (!authorization) throw invalidToken('no access token provided');
  const [, scheme = '', token = ''] = /^(bearer|dpop) +([\w\-.~+/]+=*)$/i.exec(authorization) ?? [];
  if (!token) throw invalidRequest('the Authorization header has to be DPoP or Bearer and a token');
  return { scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', token };
}

type Sent = ReturnType<typeof presented> & {
  readonly request: ResourceRequest;
  readonly certificate: () => X509Certificate | undefined;
};

/** Refuses a token that is bound to no key, or to another than the client proves to hold (FAPI2-SP-FINAL-5.3.4-5). */
async function checkBinding(sent: Sent, cnf: AccessToken['cnf'], rules: Protection<never>): Promise<void> {
  const { jkt, 'x5t#S256': x5t } = cnf ?? {};
  if (!jkt && !x5t) throw invalidToken('the access token is not sender-constrained');
  if (x5t) {
    const certificate = sent.certificate();
    if (!certificate || hash('sha256', certificate.raw, 'base64url') !== x5t) {
      throw invalidToken('the access token is bound to another certificate');
    }
  }
  if ((sent.scheme === 'DPoP') !== (jkt !== undefined)) {
    const wanted = jkt ? 'DPoP' : 'Bearer';
    throw invalidToken(`the access token has to be sent as ${wanted}`, wanted);
  }
  if (!jkt) return;
  const nonces = { nonces: rules.nonce?.nonces, nonceRequired: rules.nonce?.required };
  const proof = await checkDpopProof(sent.request, sent.token, { ...rules, ...nonces });
  if (proof.jkt !== jkt) throw invalidProof('the access token is bound to another key');
  const id = hash('sha256', JSON.stringify(['resource', proof.jkt, proof.jti]), 'base64url');
  if (!(await rules.unique(id, proof.expiresAt))) throw invalidProof('the DPoP proof was used before');
}

function checkAuthorization(
  { scope: granted = '', aud }: AccessToken,
  { scope = '', audience }: Protection<never>,
): void {
  if (audience !== undefined && ![aud].flat().includes(audience)) {
    throw invalidToken('the access token is for another resource');
  }
  const has = new Set(granted.split(' '));
  if (scope.split(' ').some((value) => value && !has.has(value))) {
    throw new Refusal('insufficient_scope', 'the access token lacks scope', { status: 403 });
  }
}

/**
 * Verifies the token of a request, and that the client holds its key.
 *
 * @throws {Refusal} when the request gets no access.
 * @see [FAPI2-SP-FINAL-5.3.4 - Requirements for resource servers](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.4)
 */
export async function authorize(
  request: ResourceRequest,
  certificate: () => X509Certificate | undefined,
  rules: Protection<never>,
): Promise<AccessToken> {
  const { scheme, token: value } = presented(request);
  const token = await rules.verify(value);
  if (!token) throw invalidToken('the access token is unknown, expired or revoked');
  await checkBinding({ scheme, token: value, request, certificate }, token.cnf, rules);
  checkAuthorization(token, rules);
  return token;
}

/**
 * The headers of a refusal that tell a client how to ask again.
 *
 * @see [RFC 6750 section 3](https://www.rfc-editor.org/rfc/rfc6750.html#section-3), RFC 9449 section 7.1
 */
export function challenge(
  request: ResourceRequest,
  refusal: Refusal,
  { nonce, scope }: Pick<Protection<never>, 'nonce' | 'scope'>,
): Record<string, string> {
  const algs = `algs="${algorithms.join(' ')}"`;
  const [authorization = ''] = request.header('authorization');
  if (!authorization && refusal.error === 'invalid_token') return { 'www-authenticate': `DPoP ${algs}, Bearer` };
  const parameters = [`error="${refusal.error}"`, `error_description="${refusal.error_description}"`];
  if (refusal.error === 'insufficient_scope') parameters.push(`scope="${scope}"`);
  const isDpop = refusal.scheme ? refusal.scheme === 'DPoP' : /^dpop\b/i.test(authorization);
  const text = `${isDpop ? 'DPoP' : 'Bearer'} ${[...parameters, ...(isDpop ? [algs] : [])].join(', ')}`;
  const renewed = refusal.error === 'use_dpop_nonce' && nonce ? { 'dpop-nonce': nonce.nonces.current() } : {};
  return { 'www-authenticate': text, ...renewed };
}
