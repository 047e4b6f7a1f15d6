import type { Client } from 'oidc-provider';

import { detailsInWords } from './authorization_details.ts';
import type { Step } from './consent.ts';
import { render, short } from './render.ts';
import type { Desk, Visit } from './visit.ts';
import { askedInWords } from './words.ts';
import { formToken } from './xsrf.ts';

const parsed = (url: unknown) => (URL.canParse(String(url)) ? new URL(String(url)) : undefined);

function clientInWords({ clientName, clientId, clientUri, policyUri, tosUri }: Client, redirectUri: unknown) {
  const links = [
    { text: 'About the application', href: clientUri },
    { text: 'Privacy policy', href: policyUri },
    { text: 'Terms of service', href: tosUri },
  ].filter(({ href }) => /^https?:$/.test(parsed(href)?.protocol ?? ''));
  const target = parsed(redirectUri);
  return { name: short(clientName || clientId), links, returnsTo: target?.host || target?.protocol };
}

/** The first language a request asks for (OpenID Connect Core section 3.1.2.1) that formats are known for. */
function languageOf(locales: unknown): string {
  const tags = `${locales ?? ''}`.split(' ').filter((tag) => /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(tag));
  return Intl.NumberFormat.supportedLocalesOf(tags)[0] ?? 'en';
}

/** What is said above the form, and what it is filled with. */
export interface Notice {
  readonly status?: number;
  readonly alert?: string | undefined;
  readonly login?: string;
}

/** The page of an interaction's step. */
export function show(
  { name, words, details: types, resourceScopes }: Desk,
  { ctx, interaction, client }: Visit,
  step: Step,
  { status = 200, alert, login }: Notice = {},
): void {
  const { params } = interaction;
  const page = {
    name,
    alert,
    token: formToken(interaction, step),
    client: clientInWords(client, params.redirect_uri),
  };
  const title = (text: string) => (alert ? `Error: ${text}` : text);
  if (step.name === 'consent') {
    const { rar = [], missingOIDCScope = [] } = step.asked;
    const own = missingOIDCScope.filter((scope) => !resourceScopes.has(scope));
    const asked = { ...step.asked, missingOIDCScope: own };
    const details = detailsInWords(rar, types, languageOf(params.ui_locales), words?.authorization_details);
    const before = rar.length > 0 ? '' : String(params.scope ?? '');
    const groups = askedInWords(asked, before, words).filter(({ items }) => items.length > 0);
    const told = {
      everything: 'Everything that is asked for',
      untold: (count: number) => `and ${count} further members`,
    };
    render(ctx, status, 'consent', {
      ...page,
      ...told,
      title: title('Allow access?'),
      details,
      groups,
      login: step.login,
    });
    return;
  }
  const hint = login ?? params.login_hint;
  const prefilled = typeof hint === 'string' && hint.length <= 254 ? hint : '';
  render(ctx, status, 'login', { ...page, title: title('Sign in'), login: prefilled });
}
