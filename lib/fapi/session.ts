import type { Configuration } from 'oidc-provider';

import { z } from 'zod';

import { seconds } from '../seconds.ts';
import { coreConfiguration, filled, presets, toCore } from '../settings.ts';
import { wholeSeconds } from '../values.ts';
import type { Compose, HookAt } from './hooks.ts';
import { bounded } from './lifetimes.ts';
import type { Finding, Mechanism } from './mechanism.ts';

const days = 86_400;

/** Lifetimes of what begins with a person's login, in seconds. */
export const sessionLifetimes = z.strictObject({
  id_token: toCore(wholeSeconds.default(300).describe('an ID Token'), 'ttl.IdToken'),
  refresh_token: toCore(
    wholeSeconds
      .default(14 * days)
      .describe('a refresh token; one granted without offline_access ends with the session already'),
    'ttl.RefreshToken',
  ),
  interaction: toCore(
    wholeSeconds.default(600).describe('the time a person has to log in and consent'),
    'ttl.Interaction',
  ),
  session: toCore(
    wholeSeconds.default(days).describe('a login in the browser, whatever the person does'),
    'ttl.Session',
  ),
  session_idle: wholeSeconds
    .default(days / 3)
    .describe('a login in the browser that no client asks for; what ends with the session ends then as well'),
  grant: toCore(wholeSeconds.default(14 * days).describe('what a person has consented to'), 'ttl.Grant'),
});

/** The lifetime that core has no option for. */
export type SessionSettings = Pick<z.input<typeof sessionLifetimes>, 'session_idle'>;

function* cookies({ cookies: { keys, long, short } = {}, enableHttpPostMethods }: Configuration): Iterable<Finding> {
  if (!keys || (Array.isArray(keys) && (keys.length === 0 || !keys.every(Boolean)))) {
    yield { path: ['cookies', 'keys'], text: 'must hold at least one secret: unsigned cookies can be made up' };
  }
  for (const [name, options] of Object.entries({ long, short })) {
    if (!options?.httpOnly || !options.secure || !options.signed) {
      yield { path: ['cookies', name], text: 'must be httpOnly, secure and signed' };
    } else if (!/^(lax|strict|true)$/i.test(`${options.sameSite}`)) {
      yield { path: ['cookies', name, 'sameSite'], text: 'must be lax or strict' };
    }
  }
  if (enableHttpPostMethods) {
    yield { path: ['enableHttpPostMethods'], text: 'must be false: it needs cookies that other sites may send' };
  }
}

/**
 * Ends a session some time after the login, and earlier when it is not used. Core renews its whole lifetime whenever it
 * is used, so that a login in use would never end.
 */
const sessionLifetime =
  (idle: number): Compose<HookAt<'ttl.Session'>> =>
  (theirs, { ttl }) =>
  (ctx, session) => {
    const longest = bounded(theirs ? theirs(ctx, session) : ttl?.Session, Number.MAX_SAFE_INTEGER, days);
    // Before the login there is nothing to end.
    const age = session.loginTs === undefined ? 0 : seconds() - session.loginTs;
    return Math.max(1, Math.min(idle, longest - age));
  };

/** Bounds the person's session in the browser, and keeps its cookie from other sites. */
export function session(settings: SessionSettings = {}): Mechanism {
  const { session_idle } = filled(sessionLifetimes, settings);
  return {
    name: 'session',
    clauses: [
      {
        id: 'RFC9700-4.7',
        text: 'cross-site request forgery: cookies are signed, out of reach for scripts, and not sent by other sites',
        violated: cookies,
      },
      {
        id: 'OIDCBCL-2.2',
        text: 'a logout token goes to an https URL',
        *client({ backchannel_logout_uri: uri }) {
          if (uri !== undefined && !/^https:\/\/[^/]/i.test(`${uri}`)) {
            yield { path: ['backchannel_logout_uri'], text: 'must be an https URL' };
          }
        },
      },
      {
        id: 'FAPI2-SP-FINAL-5.3.2.2-13',
        text: 'should provide end-users with enough information to make an informed decision: who asks, and for what',
        violated: ({ features, interactions }) =>
          features?.devInteractions?.enabled !== false
            ? {
                path: ['features', 'devInteractions', 'enabled'],
                text: 'must be false: those pages are for development',
              }
            : interactions?.policy &&
                !['login', 'consent'].every((name) => interactions.policy?.some((p) => p.name === name))
              ? { path: ['interactions', 'policy'], text: 'must keep the prompts login and consent' }
              : undefined,
      },
    ],
    configuration: {
      features: { devInteractions: { enabled: false } },
      // A name with this prefix is only taken over TLS, so nobody on the way can plant one.
      cookies: {
        names: { session: '__Host-session', interaction: '__Secure-interaction', resume: '__Secure-resume' },
        long: { httpOnly: true, sameSite: 'lax', secure: true, signed: true },
        short: { httpOnly: true, sameSite: 'lax', secure: true, signed: true },
      },
      ...coreConfiguration(sessionLifetimes, presets(sessionLifetimes)),
    },
    hooks: { 'ttl.Session': sessionLifetime(session_idle) },
    middleware: (provider) => ({
      host: [
        function cookieKeys(ctx, next) {
          // Mounted in a Koa application, the cookies are that application's, and it may have no keys to sign them with.
          if (!ctx.app.keys && provider.keys) {
            ctx.app.keys = provider.keys;
            ctx.cookies = undefined as never; // Koa makes them anew, with the keys
          }
          return next();
        },
      ],
    }),
  };
}
