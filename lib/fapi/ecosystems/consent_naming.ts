import { errors } from 'oidc-provider';

/** A request, or what it has led to: a code, a refresh token. */
export interface Naming {
  readonly scope?: string | undefined;
  readonly claims?:
    | { readonly [Use in 'id_token' | 'userinfo']?: Readonly<Record<string, { readonly value?: unknown } | null>> }
    | undefined;
}

/** Names of consents in an ecosystem's authorization requests. */
export interface ConsentNaming {
  /** The consent's id in the store. */
  find(request: Naming, issuer: string): string | undefined;
  /** The claim that names it, where one does. */
  readonly claim?: string;
  /** The value of `scope` that names it, where it is named there. */
  scope?(id: string, issuer: string): string;
  /** The id as the ecosystem writes it, where that is another one than in the store. */
  shown?(id: string, issuer: string): string;
}

/** The scope as it was pushed: core drops what is not on its list. */
const pushed = new WeakMap<object, string>();

/** Keeps the scope of a request object until its parameters are judged. */
export function pushedScope(ctx: object, claims: object): void {
  const { scope } = claims as { scope?: unknown };
  if (typeof scope === 'string') pushed.set(ctx, scope);
}

function claimsOf(text: string): Naming['claims'] {
  try {
    return JSON.parse(text);
  } catch {
    throw new errors.InvalidRequest('claims is no JSON');
  }
}

/** Parameters of a request as they name a consent. */
export function namingOf({ params = {} }: { params?: unknown }, ctx?: object): Naming {
  const { scope, claims } = params as { scope?: string; claims?: string };
  return { scope: (ctx && pushed.get(ctx)) ?? scope, claims: claims === undefined ? undefined : claimsOf(claims) };
}

/**
 * Finds the one consent that a scope names by a value of this form; none where it names two.
 *
 * @param request of which the scope is read.
 * @param value the form of a scope value that names a consent, in its first group.
 * @example
 * const id = namedInScope(request, /^consent:([\w:-]+)$/);
 */
export function namedInScope({ scope = '' }: Naming, value: RegExp): string | undefined {
  const [one, another] = scope.split(' ').flatMap((name) => value.exec(name)?.[1] ?? []);
  return another === undefined ? one : undefined;
}
