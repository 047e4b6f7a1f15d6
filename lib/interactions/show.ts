import type { Client, Interaction } from 'oidc-provider';

import { inLanguage } from '../fapi/detail_words.ts';
import type { ParameterRules } from '../fapi/extra_parameters.ts';
import { detailsInWords } from './authorization_details.ts';
import type { Asked, Step } from './consent.ts';
import type { Language } from './language.ts';
import { render, short } from './render.ts';
import type { Desk, Visit } from './visit.ts';
import { askedInWords, type Lasting } from './words.ts';
import { formToken } from './xsrf.ts';

const parsed = (url: unknown) => (URL.canParse(String(url)) ? new URL(String(url)) : undefined);

function clientInWords(
  { clientName, clientId, clientUri, policyUri, tosUri }: Client,
  redirectUri: unknown,
  { say }: Language,
) {
  const links = [
    { text: say('about_application'), href: clientUri },
    { text: say('privacy_policy'), href: policyUri },
    { text: say('terms_of_service'), href: tosUri },
  ].filter(({ href }) => /^https?:$/.test(parsed(href)?.protocol ?? ''));
  const target = parsed(redirectUri);
  return { name: short(clientName || clientId), links, returnsTo: target?.host || target?.protocol };
}

/**
 * The language of amounts and dates: the first one a request asks for that Node has formats of, which has more
 * languages than the pages.
 */
function formatsOf(locales: unknown, { tag }: Language): string {
  const tags = `${locales ?? ''}`.split(' ').filter((one) => /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(one));
  return Intl.NumberFormat.supportedLocalesOf(tags)[0] ?? tag;
}

/**
 * Answers how long access lasts: a client that may refresh gets a refresh token, and without offline_access it ends
 * with the session.
 *
 * @see [OpenID Connect Core section 11 - Offline Access](https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess)
 */
function lastingOf(client: Client, scope: string): Lasting {
  if (!client.grantTypeAllowed('refresh_token')) return undefined;
  return scope.split(' ').includes('offline_access') ? 'always' : 'session';
}

/** Text above the form, and values it is filled with. */
export interface Notice {
  readonly status?: number;
  readonly alert?: string | undefined;
  readonly login?: string;
}

/** Answers with the page of an interaction's step. */
export function show(desk: Desk, visit: Visit, step: Step, { status = 200, alert, login }: Notice = {}): void {
  const { ctx, interaction, client, language } = visit;
  const { params } = interaction;
  const title = (text: string) => (alert ? language.say('error_title', { title: text }) : text);
  const page = {
    name: desk.name,
    language,
    alert,
    token: formToken(interaction, step),
    client: clientInWords(client, params.redirect_uri, language),
  };
  if (step.name === 'consent') {
    const asked = consentInWords(desk, visit, step);
    render(ctx, status, 'consent', { ...page, ...asked, title: title(language.say('allow_access')) });
    return;
  }
  const hint = login ?? params.login_hint;
  const prefilled = typeof hint === 'string' && hint.length <= 254 ? hint : '';
  render(ctx, status, 'login', { ...page, title: title(language.say('sign_in')), login: prefilled });
}

/** Parameters of the request that the person is shown, by their labels. */
function parametersInWords(rules: ParameterRules, params: Interaction['params'], { tag }: Language) {
  return Object.entries(rules).flatMap(([name, { label }]) => {
    const value = params[name];
    return label === undefined || typeof value !== 'string' ? [] : [[inLanguage(label, tag), value] as const];
  });
}

/** Lists the claims that are asked for; of verified claims, each one. */
function claimsAsked({ missingOIDCClaims }: Asked, { claims }: Interaction['params']): readonly string[] {
  const verified = (named: object) =>
    (named as { verified_claims?: { claims?: object } }).verified_claims?.claims ?? {};
  return (missingOIDCClaims ?? []).flatMap((name) => {
    if (name !== 'verified_claims') return name === 'txn' ? [] : [name];
    const { id_token = {}, userinfo = {} } = JSON.parse(`${claims}`) as { id_token?: object; userinfo?: object };
    return [id_token, userinfo].flatMap((target) => Object.keys(verified(target)));
  });
}

function consentInWords(
  { words, details: types, resourceScopes, parameters }: Desk,
  { interaction: { params, prompt }, client, language }: Visit,
  { asked, login }: Extract<Step, { name: 'consent' }>,
) {
  const { rar = [], missingOIDCScope = [] } = asked;
  const own = missingOIDCScope.filter((scope) => !resourceScopes.has(scope));
  const formats = formatsOf(params.ui_locales, language);
  const named = Object.entries(words?.authorization_details ?? {}).map(([type, text]) => [
    type,
    inLanguage(text, language.tag),
  ]);
  const scope = String(params.scope ?? '');
  return {
    login,
    told: [
      ...(asked.purpose ? [[language.say('purpose'), asked.purpose] as const] : []),
      ...parametersInWords(parameters, params, language),
    ],
    askAgain: prompt.reasons.includes('ask_again'),
    details: detailsInWords(rar, types, formats, Object.fromEntries(named)),
    groups: askedInWords(
      { ...asked, missingOIDCScope: own, missingOIDCClaims: claimsAsked(asked, params) },
      { scope: rar.length > 0 ? '' : scope, lasting: lastingOf(client, scope), language, words },
    ),
  };
}
