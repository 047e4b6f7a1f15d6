// Everything a resource server of any framework needs, out of `jose` and node alone.
export { clientCertificate, type ProxySettings } from '../certificates/presented.ts';
export { type AccessToken, VerificationFailed, type VerifyAccessToken } from './access_token.ts';
export type { Protection } from './authorize.ts';
export { type DpopNonces, dpopNonces } from './dpop_nonce.ts';
export { type Granted, guard, type Refused, type Verdict } from './guard.ts';
export { type IntrospectionSettings, introspection } from './introspection.ts';
export { type JwtAccessTokenSettings, jwtAccessTokens } from './jwt_access_tokens.ts';
export { Refusal } from './refusal.ts';
