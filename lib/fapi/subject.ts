import { createHmac } from 'node:crypto';

import { decodeJwt } from 'jose';
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { errors, interactionPolicy } from 'oidc-provider';
import { z } from 'zod';

import { concerning } from '../settings.ts';
import type { Mechanism } from './mechanism.ts';

export const subjectSettings = z.strictObject({
  subject: concerning(
    z
      .enum(['public', 'pairwise'])
      .optional()
      .describe(
        'public (default, but for ecosystems that say otherwise): one subject for all clients, unless a client asks for pairwise ones; pairwise: no two sectors of clients know a person by the same',
      ),
    'subjectTypes',
  ),
});

/** Settings of what a person is called towards clients. */
export type SubjectSettings = Partial<z.output<typeof subjectSettings>> & {
  /** Secret that pairwise subjects are made with, for as long as they are to stay the same: 32 bytes, in every process. */
  readonly pairwiseSalt?: Buffer | undefined;
};

/**
 * Makes the function of pairwise subjects.
 *
 * @see [OpenID Connect Core section 8.1 - Pairwise Identifier Algorithm](https://openid.net/specs/openid-connect-core-1_0.html#PairwiseAlg)
 */
const pairwiseBy =
  (salt: Buffer): NonNullable<Configuration['pairwiseIdentifier']> =>
  (_ctx, accountId, { sectorIdentifier }) =>
    createHmac('sha256', salt)
      .update(JSON.stringify([sectorIdentifier, accountId]))
      .digest('base64url');

const reason = 'claims_id_token_sub_value';

/** Subjects that `claims` asks for; `undefined` where any will do. */
function claimed({ oidc }: KoaContextWithOIDC): readonly unknown[] | undefined {
  const { claims } = (oidc.params ?? {}) as { claims?: string };
  const { id_token } = (claims ? JSON.parse(claims) : {}) as {
    id_token?: { sub?: { value?: unknown; values?: unknown } };
  };
  const { value, values } = id_token?.sub ?? {};
  if (value !== undefined) return [value];
  return Array.isArray(values) ? values : undefined;
}

/** The subject of `id_token_hint`, whose signature core verified at the push and at the first visit. */
function hinted({ oidc }: KoaContextWithOIDC): readonly unknown[] | undefined {
  const { id_token_hint: hint } = (oidc.params ?? {}) as { id_token_hint?: string };
  return hint === undefined ? undefined : [decodeJwt(hint).sub];
}

/** The subject this client knows the person in the session by. */
async function subjectOf(ctx: KoaContextWithOIDC, { pairwiseIdentifier }: Configuration): Promise<string | undefined> {
  const { session, client } = ctx.oidc;
  const id = session?.accountId;
  return id !== undefined && client?.subjectType === 'pairwise' ? pairwiseIdentifier?.(ctx, id, client) : id;
}

/**
 * Replaces core's check of a requested subject, which reads `value` only. Where another person is logged in, the login
 * page is shown, so that the one who was asked for can log in.
 */
function asked(configuration: Configuration): Configuration {
  const policy = configuration.interactions?.policy ?? interactionPolicy.base();
  const checks = policy.find(({ name }) => name === 'login')?.checks;
  const given = checks?.get(reason);
  if (given) {
    checks?.remove(reason);
    checks?.add(
      new interactionPolicy.Check(reason, given.description, given.error ?? 'login_required', async (ctx) => {
        const subjects = claimed(ctx);
        return subjects !== undefined && !subjects.includes(await subjectOf(ctx, configuration));
      }),
    );
  }
  return { ...configuration, interactions: { ...configuration.interactions, policy } };
}

/**
 * Refuses another person than the client asked for. Core compares before the person logs in, and not afterwards.
 *
 * @see [OpenID Connect Core 3.1.2.2 - Authentication Request Validation](https://openid.net/specs/openid-connect-core-1_0.html#section-3.1.2.2)
 */
export function subject({ subject: type = 'public', pairwiseSalt: salt }: SubjectSettings = {}): Mechanism {
  const subjectTypes = type === 'pairwise' ? (['pairwise'] as const) : (['public', 'pairwise'] as const);
  return {
    name: 'subject',
    clauses: [
      {
        id: 'OIDCC-3.1.2.2-4',
        text: 'where id_token_hint or a requested sub names a person and another one logs in, the answer is login_required',
      },
      {
        id: 'OIDCC-8.1',
        text: 'a pairwise subject is made of sector, account and a secret: nobody but this server can tell that two are of one person',
        setting: { key: 'subject', tightens: (value) => value === 'pairwise' },
        *violated({ subjectTypes: offered = [], pairwiseIdentifier }) {
          if (type === 'pairwise' && [...offered].join() !== 'pairwise') {
            yield { path: ['subjectTypes'], text: 'must name pairwise and nothing else' };
          }
          if ([...offered].includes('pairwise') && !pairwiseIdentifier) {
            yield { path: ['pairwiseIdentifier'], text: 'is missing: write it, or give the profile a pairwiseSalt' };
          }
        },
      },
    ],
    configuration: {
      ...((salt || type === 'pairwise') && { subjectTypes: [...subjectTypes] }),
      ...(salt && { pairwiseIdentifier: pairwiseBy(salt) }),
    },
    prepare: asked,
    hooks: {
      // Core asks this after a login and before anything else that depends on who it was.
      loadExistingGrant: (theirs, configuration) => async (ctx) => {
        if (ctx.oidc.route === 'resume' && ctx.oidc.session?.accountId !== undefined) {
          const own = await subjectOf(ctx, configuration);
          for (const subjects of [claimed(ctx), hinted(ctx)]) {
            if (subjects && !subjects.includes(own)) {
              throw new errors.LoginRequired('another person logged in than the one that was asked for');
            }
          }
        }
        return theirs ? theirs(ctx) : existingGrant(ctx);
      },
    },
  };
}

/** Finds the grant as core does by default; its function is not exported. */
async function existingGrant({ oidc }: KoaContextWithOIDC) {
  const id = oidc.result?.consent?.grantId ?? (oidc.client && oidc.session?.grantIdFor(oidc.client.clientId));
  return id ? oidc.provider.Grant.find(id) : undefined;
}
