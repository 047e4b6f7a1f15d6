import type { Configuration } from 'oidc-provider';
import { errors } from 'oidc-provider';

import type { Clause } from '../../clause.ts';
import type { Mechanism } from '../mechanism.ts';

/** An ecosystem’s rules of authentication contexts. */
export interface ContextRules {
  /** The server knows these classes. */
  readonly known: Clause;
  readonly classes: readonly string[];
  /** Every ID Token tells the class that was reached, where the ecosystem says so. */
  readonly told?: Clause;
  /** A login that does not reach an essential class is answered by access_denied, where the ecosystem says so. */
  readonly denied?: Clause;
}

/** Core tells in every ID Token the claims of the scope openid. */
function told(configuration: Configuration): Configuration {
  const { openid, ...others } = configuration.claims ?? {};
  const named = Array.isArray(openid) ? openid : ['sub', ...Object.keys(openid ?? {})];
  return { ...configuration, claims: { ...others, openid: [...new Set([...named, 'acr'])] } };
}

/** Has the check of an essential acr refuse in the ecosystem's words. */
function denied(configuration: Configuration, { id }: Clause): void {
  const checks = configuration.interactions?.policy?.find(({ name }) => name === 'login')?.checks;
  const found = checks?.get('acr');
  if (!found) return;
  const check = found.check;
  found.check = async (ctx) => {
    try {
      return await check(ctx);
    } catch (error) {
      if (!(error instanceof errors.UnmetAuthenticationRequirements)) throw error;
      throw new errors.AccessDenied(`the login did not reach the acr that was asked for (${id})`);
    }
  };
}

/**
 * Publishes the classes of authentication that an ecosystem knows. The class that a login reaches follows from the
 * methods the person used, by the setting `acr` of the file or of the profile.
 *
 * @param rules the classes that are known, and the clauses.
 * @example
 * authenticationContext({ known: { id: 'CDR-LEVELS', text: 'knows the levels of the standards' } })
 */
export function authenticationContext(rules: ContextRules): Mechanism {
  const { known, classes, told: always, denied: refused } = rules;
  return {
    name: 'ecosystems/authentication_context',
    clauses: [
      {
        ...known,
        *violated({ acrValues }) {
          const named = new Set(acrValues);
          for (const one of classes) {
            if (!named.has(one))
              yield { path: ['acrValues'], text: `must name ${one}, write the methods that reach it` };
          }
        },
      },
      ...(always ? [always] : []),
      ...(refused ? [refused] : []),
    ],
    prepare(configuration) {
      if (refused) denied(configuration, refused);
      return always ? told(configuration) : configuration;
    },
  };
}
