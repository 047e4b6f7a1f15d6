import type { X509Certificate } from 'node:crypto';
import type { Client, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';

import { log } from '../log.ts';
import { cidr, headerName } from '../values.ts';
import { headerFormats, type Presented } from './certificate_headers.ts';
import { type PathCheck, unauthorized } from './certification_path.ts';
import { type ProxySettings, presentedBy } from './presented.ts';
import { certificateSubjectMatches } from './subject.ts';

type Feature = NonNullable<NonNullable<Configuration['features']>['mTLS']>;
type Hook = 'getCertificate' | 'certificateAuthorized' | 'certificateSubjectMatches';
/** Core's hooks for client certificates. */
export type MutualTls = { [Name in Hook]: NonNullable<Feature[Name & keyof Feature]> };

/** Settings of a proxy that ends TLS, and how it hands over the certificate that a client proved to have. */
export const proxySettings = z.strictObject({
  trusted: z
    .array(cidr)
    .min(1, 'lists nobody, write for example [10.0.0.0/8]')
    .describe('addresses of the proxies that may speak for a client'),
  client_certificate: z
    .union([
      z.enum(headerFormats),
      z.strictObject({
        format: z.enum(headerFormats).describe('how the headers are written'),
        header: headerName.optional().describe('name of the header of the certificate, when it is another one'),
        chain_header: headerName.optional().describe('name of the header of the chain, when it is another one'),
      }),
    ])
    .optional()
    .describe(
      'how the proxy hands over the client certificate: rfc9440 (Client-Cert), nginx, haproxy, xfcc (Envoy), alb or traefik',
    ),
});

/**
 * Refuses a certificate for reasons of a deployment's own: whatever it answers but `true` refuses, and so does an error. It is
 * asked after everything else is right. `client` is `undefined` where core does not know it yet, as at userinfo.
 */
export type AcceptCertificate = (
  ctx: KoaContextWithOIDC,
  certificate: X509Certificate,
  client: Client | undefined,
) => boolean;

/**
 * Turns an error of a judgement into a refusal: a certificate that cannot be judged is the client's fault, and no error
 * of the server's.
 */
function refusing(judge: () => string | undefined): string | undefined {
  try {
    return judge();
  } catch (error) {
    return `it cannot be read: ${error instanceof Error ? error.message : 'unknown'}`;
  }
}

/**
 * Core's hooks for client certificates.
 *
 * @see [RFC 8705 - OAuth 2.0 Mutual-TLS](https://www.rfc-editor.org/rfc/rfc8705.html)
 */
export function mutualTls({
  authorities = [],
  proxy = {},
  accept,
  check,
}: {
  authorities?: readonly X509Certificate[];
  proxy?: ProxySettings | undefined;
  accept?: AcceptCertificate | undefined;
  /** A further check of a path, such as that nothing in it is revoked. */
  check?: PathCheck | undefined;
}): MutualTls {
  const presented = presentedBy(proxy, (why, about) => log.warn({ ...about, why }, 'client certificate refused'));
  const judged = (ctx: KoaContextWithOIDC, judge: (found: Presented) => string | undefined): Presented | undefined => {
    const found = presented(ctx.req);
    const why = found && refusing(() => judge(found));
    if (why)
      log.info(
        { subject: found.certificate.subject, client: ctx.oidc?.client?.clientId, why },
        'client certificate refused',
      );
    return why ? undefined : found;
  };
  return {
    getCertificate: (ctx) =>
      judged(ctx, ({ certificate }) => {
        const answer: unknown = accept ? accept(ctx, certificate, ctx.oidc?.client) : true;
        // Core asks synchronously. A promise is a refusal, and its own failure nobody's.
        if (answer instanceof Promise) answer.catch(() => undefined);
        return answer === true ? undefined : 'accept() has not answered true';
      })?.certificate,
    certificateAuthorized: (ctx) =>
      judged(ctx, ({ certificate, intermediates }) =>
        unauthorized(certificate, intermediates, authorities, { check }),
      ) !== undefined,
    certificateSubjectMatches: (ctx, property, expected) =>
      judged(ctx, ({ certificate }) =>
        certificateSubjectMatches(certificate, property, expected) ? undefined : `it does not match ${property}`,
      ) !== undefined,
  };
}
