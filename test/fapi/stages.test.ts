import { readFileSync } from 'node:fs';

import { expect } from 'chai';
import type { Middleware } from 'koa';
import Provider from 'oidc-provider';

import { stand } from '../../lib/commands/judge.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { type Stage, stages, useInOrder } from '../../lib/fapi/stages.ts';
import { createProvider } from '../../lib/server/provider.ts';
import { configurationWith } from '../support/configuration.ts';

const first = [
  'forwarded',
  'explain',
  'interactionId',
  'securityHeaders',
  'oauthError',
  'host',
  'singleHeaders',
  'cookieKeys',
  'noCors',
  'metadata',
  'withoutTypes',
];
const then = ['keptFor', 'unitOfWork', 'frontPage', 'refusalsPage', 'tryFlow', 'interactions', 'sampleResource'];
const last = [
  'jsonErrors',
  'limits',
  'postToGet',
  'checkParameters',
  'spendDenied',
  'pushedParametersOnly',
  'retainRedirectUri',
  'alikeUnknown',
  'nonceFirst',
];

/** Every middleware of the server, in the order in which a request passes them, by profile. */
const order = {
  'fapi2-security-profile': [...first, ...then, ...last],
  'fapi2-message-signing': [...first, 'signedModesOnly', ...then, ...last],
};

const names = (provider: Provider) => provider.middleware.map(({ name }) => name);

async function started(profile: string): Promise<Provider> {
  const config = await loadConfig('config/development.yaml', { set: [`profile=${profile}`] });
  return createProvider(config, await stand(config, true));
}

describe('The stages a request passes', () => {
  for (const [profile, expected] of Object.entries(order)) {
    it(`are in one order under ${profile}, and core comes last`, async () => {
      expect(names(await started(profile)).slice(0, -1)).to.deep.equal(expected);
    });
  }

  it('are told in the README of the house, with the middleware of the server', () => {
    const told = readFileSync('lib/README.md', 'utf8');
    const all = [...stages, ...Object.values(order).flat()];
    expect(all.filter((name) => !told.includes(`\`${name}\``))).to.deep.equal([]);
  });

  it('run what a team registers afterwards before what looks at the request as core will see it', async () => {
    const provider = await started('fapi2-message-signing');
    const one: Middleware = function one(_ctx, next) {
      return next();
    };
    const two: Middleware = function two(_ctx, next) {
      return next();
    };
    provider.use(one).use(two);
    const expected = [...first, 'signedModesOnly', ...then, 'one', 'two', ...last];
    expect(names(provider).slice(0, -1)).to.deep.equal(expected);
  });

  it('do not depend on the order in which they were given', () => {
    const named = (name: Stage) =>
      Object.defineProperty(((_ctx, next) => next()) as Middleware, 'name', { value: name });
    const provider = new Provider('https://as.example.com', configurationWith());
    useInOrder(
      provider,
      [...stages].reverse().map((stage) => ({ [stage]: [named(stage)] })),
    );
    expect(names(provider).slice(0, -1)).to.deep.equal(stages);
  });
});
