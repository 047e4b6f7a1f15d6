import express from 'express';

import { Account } from './support/account.js';

const page = (title, fields) =>
  `<!doctype html><title>${title}</title><h1>${title}</h1><form method="post">${fields}<button>Continue</button></form>`;

const pages = {
  login: () => page('Sign in', '<input name="login"><input type="password" name="password">'),
  consent: (client) => page(`Authorize ${client.clientId}`, ''),
};

async function granted(provider, { prompt, params, session, grantId }) {
  const { accountId } = session;
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId, clientId: params.client_id });
  const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = prompt.details;
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '));
  if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims);
  for (const [indicator, scopes] of Object.entries(missingResourceScopes ?? {})) {
    grant.addResourceScope(indicator, scopes.join(' '));
  }
  const id = await grant.save();
  return { consent: grantId ? {} : { grantId: id } };
}

async function answered(provider, details, { login, password }) {
  if (details.prompt.name === 'consent') return granted(provider, details);
  const account = Account.authenticate(login, password);
  return account ? { login: { accountId: account.accountId } } : undefined;
}

/** Pages of the application itself, as applications around node-oidc-provider have them. */
export function routes(app, provider) {
  app.get('/interaction/:uid', async (req, res) => {
    const { prompt, params } = await provider.interactionDetails(req, res);
    const client = await provider.Client.find(params.client_id);
    res.set('cache-control', 'no-store').send(pages[prompt.name](client));
  });
  app.post('/interaction/:uid', express.urlencoded({ extended: false }), async (req, res) => {
    const details = await provider.interactionDetails(req, res);
    const result = await answered(provider, details, req.body);
    if (!result) return res.status(400).send(pages.login());
    return provider.interactionFinished(req, res, result, { mergeWithLastSubmission: 'consent' in result });
  });
}
