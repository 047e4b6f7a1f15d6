import type { Context } from 'koa';
import { type Client, errors, type Interaction, type Provider } from 'oidc-provider';

import type { Accounts } from '../accounts/accounts.ts';
import type { Levels } from '../fapi/acr.ts';
import type { ParameterRules } from '../fapi/extra_parameters.ts';
import type { Attempts } from './attempts.ts';
import type { DetailTypes } from './authorization_details.ts';
import type { Choose, Language } from './language.ts';
import type { Words } from './words.ts';

/** Everything the interactions of a provider share. */
export interface Desk {
  readonly provider: Provider;
  readonly accounts: Accounts;
  readonly attempts: Attempts;
  /** Authentication context classes, and the methods of a login that reach each. */
  readonly acr: Levels;
  /** Further parameters of requests, of which those with a label are shown. */
  readonly parameters: ParameterRules;
  readonly words: Words | undefined;
  readonly details: DetailTypes;
  /** Scopes of resources: granted for their resource alone. */
  readonly resourceScopes: ReadonlySet<string>;
  readonly name: string;
  /** The language a person reads. */
  readonly choose: Choose;
}

/** One request to an interaction's page. */
export interface Visit {
  readonly ctx: Context;
  readonly interaction: Interaction;
  readonly client: Client;
  readonly language: Language;
}

/**
 * Finds the interaction of a request.
 *
 * @throws {SessionNotFound} when it is over, or this is not the browser it was begun in.
 */
export async function visitOf({ provider, choose }: Desk, ctx: Context, uid: string): Promise<Visit> {
  const interaction = await provider.interactionDetails(ctx.req, ctx.res);
  if (interaction.uid !== uid) throw new errors.SessionNotFound('interaction and cookie are not of one another');
  const client = await provider.Client.find(String(interaction.params.client_id));
  if (!client) throw new errors.InvalidClient('client is invalid', 'client not found');
  return { ctx, interaction, client, language: choose(ctx, interaction.params.ui_locales) };
}

/**
 * Saves the result of an interaction and sends the browser back to core: core's `interactionResult` without its second
 * look at the store. It answers by Koa, so that middleware around it still runs before the answer leaves.
 */
export async function finish({ ctx, interaction }: Visit, result: Interaction['result']): Promise<void> {
  interaction.result = result;
  await interaction.persist();
  ctx.status = 303;
  ctx.set('cache-control', 'no-store');
  ctx.redirect(interaction.returnTo);
}
