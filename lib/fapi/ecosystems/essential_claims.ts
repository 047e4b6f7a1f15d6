import { type ClaimsParameterMember, errors, type KoaContextWithOIDC } from 'oidc-provider';

import type { Clause } from '../../clause.ts';
import type { Mechanism } from '../mechanism.ts';

type Asked = Readonly<Record<string, ClaimsParameterMember | null | undefined>>;

/** Values of its form that a claim is, or lists. */
const valuesOf = (claim: unknown, form: RegExp): readonly unknown[] =>
  [claim].flat().filter((value) => typeof value === 'string' && form.test(value));

async function check({ oidc }: KoaContextWithOIDC, forms: Readonly<Record<string, RegExp>>, rule: Clause) {
  const { id_token, userinfo } = (oidc.claims ?? {}) as { id_token?: Asked; userinfo?: Asked };
  for (const [use, asked = {}] of [['id_token', id_token] as const, ['userinfo', userinfo] as const]) {
    for (const [name, form] of Object.entries(forms)) {
      const { essential, value, values = value === undefined ? undefined : [value] } = asked[name] ?? {};
      if (!essential) continue;
      const claims = await oidc.account?.claims(use, 'openid', { [name]: null }, []);
      const own = valuesOf(claims?.[name], form);
      const fits = own.length > 0 && (!values || own.some((one) => (values as unknown[]).includes(one)));
      if (!fits) throw new errors.AccessDenied(`the person has no such ${name} (${rule.id})`);
    }
  }
}

/**
 * Takes claims by which an ecosystem's clients say whom they expect. Where one is asked for as essential and the person
 * does not have it, or has another value, the authentication has failed.
 *
 * @param rule the clause of the ecosystem that says so.
 * @param forms what each claim looks like; one of an account that does not is no value.
 * @example
 * essentialClaims({ id: 'OFB-SP-5.2.2.4', text: 'takes cpf' }, { cpf: /^\d{11}$/ })
 */
export function essentialClaims(rule: Clause, forms: Readonly<Record<string, RegExp>>): Mechanism {
  const names = Object.keys(forms);
  return {
    name: 'ecosystems/essential_claims',
    clauses: [
      {
        ...rule,
        *violated({ features, claims = {} }) {
          if (!features?.claimsParameter?.enabled) {
            yield { path: ['features', 'claimsParameter', 'enabled'], text: 'must be true' };
          }
          const known = Object.entries(claims).flatMap(([scope, of]) => (Array.isArray(of) ? of : [scope]));
          for (const name of names) if (!known.includes(name)) yield { path: ['claims'], text: `must name ${name}` };
        },
      },
    ],
    configuration: {
      claims: Object.fromEntries(names.map((name) => [name, null])),
      features: { claimsParameter: { enabled: true } },
    },
    hooks: {
      loadExistingGrant: (theirs) => async (ctx) => {
        if (ctx.oidc.account) await check(ctx, forms, rule);
        return theirs?.(ctx);
      },
    },
  };
}
