import { hash, type X509Certificate } from 'node:crypto';

import type { Context, Middleware } from 'koa';
import { errors } from 'oidc-provider';
import { interactionId } from '../http/interaction_id.ts';
import { writeOauthError } from '../http/oauth_error.ts';
import type { AccessToken, VerifyAccessToken } from './access_tokens.ts';
import type { DpopNonces } from './dpop_nonce.ts';
import { checkDpopProof, dpopSigningAlgs, type ProofRules } from './dpop_proof.ts';

export interface Protection extends Omit<ProofRules, 'nonces' | 'nonceRequired'> {
  readonly verify: VerifyAccessToken;
  /** Takes an id once until it expires; `false` when it was taken before, by any process. */
  readonly unique: (id: string, expiresAt: number) => Promise<boolean>;
  readonly clientCertificate?: ((ctx: Context) => X509Certificate | undefined) | undefined;
  /** Nonces are checked when they are sent, and asked for when `required`. */
  readonly nonce?: { readonly nonces: DpopNonces; readonly required: boolean } | undefined;
  /** Scopes a token has to have. */
  readonly scope?: string | undefined;
  /** What the token's `aud` has to contain, when it has one. */
  readonly audience?: string | undefined;
}

/** What `protect()` leaves for the resource. */
export interface ProtectedState {
  token: AccessToken;
}

type Scheme = 'Bearer' | 'DPoP';

class NoAccessToken extends errors.InvalidToken {
  override error_description = 'no access token provided';
}

function invalidToken(description: string, scheme?: Scheme): errors.InvalidToken {
  return Object.assign(new errors.InvalidToken(description), { error_description: description, scheme });
}

/** FAPI2-SP-FINAL-5.3.4-1 and -2: in the header and nowhere else. */
function presented(ctx: Context): { scheme: Scheme; token: string } {
  if (ctx.query.access_token !== undefined) {
    throw new errors.InvalidRequest('access tokens must not be sent in the query');
  }
  const [authorization, ...more] = ctx.req.headersDistinct.authorization ?? [];
  if (more.length > 0) throw new errors.InvalidRequest('exactly one Authorization header has to be sent');
  if (!authorization) throw new NoAccessToken();
  const [, scheme = '', token = ''] = /^(bearer|dpop) +([\w\-.~+/]+=*)$/i.exec(authorization) ?? [];
  if (!token) throw new errors.InvalidRequest('the Authorization header has to be DPoP or Bearer and a token');
  return { scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', token };
}

/** FAPI2-SP-FINAL-5.3.4-5: a token nobody is bound to is refused as one of somebody else. */
async function checkBinding(ctx: Context, scheme: Scheme, token: string, cnf: AccessToken['cnf'], rules: Protection) {
  const { jkt, 'x5t#S256': x5t } = cnf ?? {};
  if (!jkt && !x5t) throw invalidToken('the access token is not sender-constrained');
  if (x5t) {
    const certificate = rules.clientCertificate?.(ctx);
    if (!certificate || hash('sha256', certificate.raw, 'base64url') !== x5t) {
      throw invalidToken('the access token is bound to another certificate');
    }
  }
  if ((scheme === 'DPoP') !== (jkt !== undefined)) {
    const wanted = jkt ? 'DPoP' : 'Bearer';
    throw invalidToken(`the access token has to be sent as ${wanted}`, wanted);
  }
  if (!jkt) return;
  const proof = await checkDpopProof(ctx, token, {
    ...rules,
    nonces: rules.nonce?.nonces,
    nonceRequired: rules.nonce?.required,
  });
  if (proof.jkt !== jkt) throw new errors.InvalidDpopProof('the access token is bound to another key');
  const id = hash('sha256', JSON.stringify(['resource', proof.jkt, proof.jti]), 'base64url');
  if (!(await rules.unique(id, proof.expiresAt))) throw new errors.InvalidDpopProof('the DPoP proof was used before');
}

function checkAuthorization({ scope: granted = '', aud }: AccessToken, { scope = '', audience }: Protection): void {
  if (aud !== undefined && audience !== undefined && ![aud].flat().includes(audience)) {
    throw invalidToken('the access token is for another resource');
  }
  const has = new Set(granted.split(' '));
  const missing = scope.split(' ').filter((value) => value && !has.has(value));
  if (missing.length > 0) throw new errors.InsufficientScope('the access token lacks scope', missing.join(' '));
}

/** @see [RFC 6750 section 3](https://www.rfc-editor.org/rfc/rfc6750.html#section-3), RFC 9449 section 7.1 */
function challenge(
  ctx: Context,
  error: errors.OIDCProviderError & { scheme?: Scheme },
  { nonce, scope }: Protection,
): void {
  const algs = `algs="${dpopSigningAlgs.join(' ')}"`;
  if (error instanceof NoAccessToken) {
    ctx.set('www-authenticate', [`DPoP ${algs}`, 'Bearer']);
    return;
  }
  const parameters = [`error="${error.error}"`, `error_description="${error.error_description}"`];
  if (error instanceof errors.InsufficientScope) parameters.push(`scope="${scope}"`);
  const dpop = error.scheme ? error.scheme === 'DPoP' : /^dpop\b/i.test(ctx.get('authorization'));
  ctx.set('www-authenticate', `${dpop ? 'DPoP' : 'Bearer'} ${[...parameters, ...(dpop ? [algs] : [])].join(', ')}`);
  if (error instanceof errors.UseDpopNonce && nonce) ctx.set('dpop-nonce', nonce.nonces.current());
}

/**
 * A resource server's duties, before a resource of yours: `ctx.state.token` is the access token's introspection.
 *
 * @see [FAPI2-SP-FINAL-5.3.4 - Requirements for resource servers](https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.4)
 */
export function protect(rules: Protection): Middleware<ProtectedState> {
  const echo = interactionId();
  async function authorize(ctx: Context): Promise<void> {
    const { scheme, token: value } = presented(ctx);
    const token = await rules.verify(value);
    if (!token) throw invalidToken('the access token is unknown, expired or revoked');
    await checkBinding(ctx, scheme, value, token.cnf, rules);
    checkAuthorization(token, rules);
    ctx.state.token = token;
  }
  return async function protect(ctx, next) {
    let refused: unknown;
    await echo(ctx, () => authorize(ctx).catch((error) => (refused = error)));
    if (refused === undefined) return next();
    if (!(refused instanceof errors.OIDCProviderError) || refused.status >= 500) throw refused;
    if (refused instanceof errors.InvalidDpopProof || refused instanceof errors.UseDpopNonce) refused.status = 401;
    writeOauthError(ctx, refused);
    challenge(ctx, refused, rules);
    ctx.app.emit('refused', refused, ctx);
  };
}
