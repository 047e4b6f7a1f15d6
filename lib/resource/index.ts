// Everything a resource server of any framework needs, out of `jose` and node alone.
export type { CertificateHeader, HeaderFormat } from '../certificates/certificate_headers.ts';
export { clientCertificate, type NodeRequest, type ProxySettings, type TellWhy } from '../certificates/presented.ts';
export { type AccessToken, VerificationFailed, type VerifyAccessToken } from './access_token.ts';
export type { Protection } from './authorize.ts';
export { type DpopNonces, dpopNonces } from './dpop_nonce.ts';
export type { ProofRules } from './dpop_proof.ts';
export { type Granted, guard, type Refused, type Verdict } from './guard.ts';
export { type IntrospectionSettings, introspection } from './introspection.ts';
export { type JwtAccessTokenSettings, jwtAccessTokens } from './jwt_access_tokens.ts';
export { Refusal, type RefusalDetails, type Scheme } from './refusal.ts';
