import type { Client } from 'oidc-provider';

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

/** What is said above the form, and what it is filled with. */
export interface Notice {
  readonly status?: number;
  readonly alert?: string | undefined;
  readonly login?: string;
}

/** The page of an interaction's step. */
export function show(
  { name, words }: Desk,
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
    const groups = askedInWords(step.asked, String(params.scope ?? ''), words);
    render(ctx, status, 'consent', { ...page, title: title('Allow access?'), groups, login: step.login });
    return;
  }
  const hint = login ?? params.login_hint;
  const prefilled = typeof hint === 'string' && hint.length <= 254 ? hint : '';
  render(ctx, status, 'login', { ...page, title: title('Sign in'), login: prefilled });
}
