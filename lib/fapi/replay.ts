import { hash, randomUUID } from 'node:crypto';

import type { Adapter, Provider } from 'oidc-provider';
import Core, { errors } from 'oidc-provider';

import { seconds } from '../seconds.ts';
import { adapterFor } from './adapter.ts';
import { refuses } from './hooks.ts';
import type { Finding, Mechanism } from './mechanism.ts';

/**
 * The adapter of the model `ReplayDetection`: core's interface, and a decision by one statement. Core looks
 * first and saves later, so that two requests at once both pass. `oidc-provider-fapi/contract` tries it.
 *
 * @example
 * // Redis decides: SET with NX answers OK to the first and null to everybody else.
 * class RedisAdapter implements Adapter {
 *   async unique(id: string, expiresAt: number): Promise<boolean> {
 *     const answer = await redis.set(`oidc:replay:${id}`, 1, { condition: 'NX', expiration: { type: 'EXAT', value: Math.ceil(expiresAt) } });
 *     return answer === 'OK';
 *   }
 *   // ... and core's own methods
 * }
 */
export interface ReplayAdapter extends Adapter {
  /**
   * True for exactly one caller; the id is remembered until `expiresAt`, in seconds since the epoch. An adapter that
   * is told how to refuse may decide later, before the response leaves.
   */
  unique(id: string, expiresAt: number, refusal?: () => Error): Promise<boolean>;
}

/** The adapter that decides for a provider who is first. Core's types do not say that a model has one; boot tries it. */
export const replayOf = ({ ReplayDetection }: Provider): ReplayAdapter => ReplayDetection.adapter as ReplayAdapter;

/**
 * The id under which a jti is spent. Namespace, issuer and jti are kept apart in it, so that no two of them make the
 * same id.
 */
function replayId(kind: string, iss: string, jti: string): string {
  return hash('sha256', JSON.stringify([kind, iss, jti]), 'base64url');
}

const assertionUsed = () => new errors.InvalidClientAuth('client assertion tokens must only be used once');
const proofUsed = () => new errors.InvalidDpopProof('DPoP proof was used before');

/** Asks the adapter for one id three times, two of them at once: exactly one of the answers has to be yes. */
async function tried(provider: Provider): Promise<Finding | undefined> {
  const adapter = replayOf(provider);
  const id = replayId('trial', provider.issuer, randomUUID());
  const ask = () => adapter.unique(id, seconds() + 60);
  const answers = [...(await Promise.all([ask(), ask()])), await ask()];
  return answers.filter((answer) => answer === true).length === 1 && answers[2] === false
    ? undefined
    : {
        path: ['adapter'],
        text: `unique() of ReplayDetection must say true once and then false; it said ${answers.join(', ')}`,
      };
}

/**
 * Has a client assertion and a DPoP proof spent once, by `unique()` of the adapter. Core looks first and saves later,
 * keeps both kinds in one namespace, and forgets a proof before the proof has expired.
 *
 * @see [RFC 9449 - DPoP Proof Replay](https://www.rfc-editor.org/rfc/rfc9449.html#section-11.1)
 */
export function replay(): Mechanism {
  const assertions = new WeakMap<object, unknown>();
  return {
    name: 'replay',
    clauses: [
      {
        id: 'FAPI2-SP-FINAL-6.2',
        text: 'DPoP proof replay: a proof is accepted once within the time it is valid for',
        violated: ({ features }) =>
          features?.dPoP?.allowReplay
            ? { path: ['features', 'dPoP', 'allowReplay'], text: 'must be false' }
            : undefined,
      },
      {
        id: 'RFC7523-3-7',
        text: 'the authorization server may ensure that JWTs are not replayed by maintaining the set of used jti values',
        violated: (configuration) =>
          typeof adapterFor<ReplayAdapter>(configuration, 'ReplayDetection')?.unique === 'function'
            ? undefined
            : {
                path: ['adapter'],
                text: 'must be one whose ReplayDetection offers unique(), such as knexAdapter(): core looks first and saves later, so two requests at once both pass',
              },
        tried,
      },
    ],
    hooks: {
      // Core asks for uniqueness right after this hook, and says nothing of what it asks for.
      assertJwtClientAuthClaimsAndHeader: refuses((ctx, claims) => {
        assertions.set(ctx, claims.jti);
      }),
    },
    attach(provider: Provider, { clockTolerance = 0 }) {
      const adapter = replayOf(provider);
      provider.ReplayDetection.unique = async function unique(iss, jti, exp) {
        const { ctx } = Core;
        if (ctx && assertions.get(ctx) === jti) {
          assertions.delete(ctx);
          return adapter.unique(replayId('client_assertion', iss, jti), exp, assertionUsed);
        }
        // A proof may be dated as far ahead as clocks may differ, and lives that much longer than core remembers it.
        if (await adapter.unique(replayId('dpop', iss, jti), exp + clockTolerance + 1, proofUsed)) return true;
        throw proofUsed();
      };
    },
  };
}
