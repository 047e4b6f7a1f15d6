import { createHash } from 'node:crypto';

import { type CryptoKey, compactVerify, decodeProtectedHeader, errors, generateKeyPair, importJWK } from 'jose';
import type { Adapter, KoaContextWithOIDC } from 'oidc-provider';
import Core from 'oidc-provider';

import { fieldOf } from '../http/form_body.ts';
import { type Endpoint, isFormEndpoint } from '../http/routes.ts';
import { type AroundClients, adapterFor, aroundClients } from './adapter.ts';
import type { HookAt } from './hooks.ts';
import type { Mechanism } from './mechanism.ts';

/**
 * Makes a public key that nobody has for each algorithm a client may sign with; of RSA a long one, as the costliest
 * client has.
 */
async function decoys(): Promise<Readonly<Record<string, CryptoKey>>> {
  const [ec, ed] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('Ed25519')]);
  // Nothing was ever signed with it, so that it need not be the product of two primes: making one would take seconds.
  const modulus = Buffer.concat(
    Array.from({ length: 8 }, (_, part) => createHash('sha512').update(`decoy ${part}`).digest()),
  );
  modulus[0] = 0xc0;
  modulus[modulus.length - 1] = 0x0d;
  const rsa = await importJWK({ kty: 'RSA', e: 'AQAB', n: modulus.toString('base64url') }, 'PS256');
  return { ES256: ec.publicKey, EdDSA: ed.publicKey, Ed25519: ed.publicKey, PS256: rsa };
}

const failures = [
  'pushed_authorization_request.error',
  'grant.error',
  'introspection.error',
  'revocation.error',
  'backchannel_authentication.error',
  'device_authorization.error',
];

/** True where a signature was compared with a client's key and did not fit. */
const isOtherSignature = ({ cause }: { cause?: unknown }): boolean =>
  cause instanceof errors.JWSSignatureVerificationFailed;

/** Requests for which the database was asked for a client. */
const looked = new WeakSet<object>();

const note: AroundClients = (find) => {
  const { ctx } = Core;
  if (ctx) looked.add(ctx.req);
  return find();
};

/**
 * Does for an unknown client what is done for one whose key is wrong, so that the time of a refusal does not tell who
 * is a client: one look into the database, and one signature or certificate. Only a `jwks_uri` that has to be asked
 * takes longer.
 */
export function unknownClient(): Mechanism {
  const compared = new WeakSet<object>();
  let keys: Readonly<Record<string, CryptoKey>> = {};
  let authorized: HookAt<'features.mTLS.certificateAuthorized'> | undefined;

  async function compare(assertion: string): Promise<void> {
    try {
      const key = keys[`${decodeProtectedHeader(assertion).alg}`];
      if (key) await compactVerify(assertion, key);
    } catch {
      // As it has to be: it is nobody's signature.
    }
  }

  /** Does for a refused request what was left out of that. */
  async function catchUp(ctx: KoaContextWithOIDC, clients: Partial<Adapter> | undefined): Promise<void> {
    const assertion = fieldOf(ctx, 'client_assertion');
    if (!looked.has(ctx.req)) await clients?.find?.(`${ctx.oidc.client?.clientId}`);
    if (compared.has(ctx.req)) return;
    if (assertion) await compare(assertion);
    else authorized?.(ctx);
  }

  return {
    name: 'unknown_client',
    clauses: [
      {
        id: 'RFC6749-10.10',
        text: 'must prevent attackers from guessing client credentials: an unknown client is refused in words and time like a wrong key',
      },
    ],
    async load() {
      keys = await decoys();
    },
    compose: (configuration) => aroundClients(configuration, note),
    hooks: {
      'features.mTLS.certificateAuthorized': (theirs) => {
        authorized = theirs;
        return (
          theirs &&
          ((ctx, ...others) => {
            compared.add(ctx.req);
            return theirs(ctx, ...others);
          })
        );
      },
    },
    middleware: (_provider, configuration) => {
      const clients = adapterFor(configuration, 'Client');
      return {
        protocol: [
          async function alikeUnknown(ctx, next) {
            await next();
            const asked = ctx as KoaContextWithOIDC;
            if (ctx.status === 401 && isFormEndpoint(asked.oidc?.route as Endpoint)) await catchUp(asked, clients);
          },
        ],
      };
    },
    attach(provider) {
      for (const event of failures) {
        (provider as NodeJS.EventEmitter).on(event, ({ req }: KoaContextWithOIDC, error: { cause?: unknown }) => {
          if (isOtherSignature(error)) compared.add(req);
        });
      }
    },
  };
}
