import * as openid from 'openid-client';

import { checksOf } from './flow.ts';
import type { Act } from './scene.ts';

const proofAgain: Act = async ({ narrator, client, called }) => {
  if (client.sender_constrain !== 'dpop') return;
  await narrator.refused(
    {
      title: 'The same proof again',
      why: 'Somebody has seen the whole request to the resource, and sends it once more, to the letter.',
      clauses: ['FAPI2-SP-FINAL-6.2'],
    },
    'invalid_dpop_proof',
    () => client.wire.again(called),
  );
};

const stolenToken: Act = async (scene) => {
  const { narrator, client, config, tokens, resource } = scene;
  const dpop = client.sender_constrain === 'dpop';
  await narrator.refused(
    {
      title: 'The access token in other hands',
      why: dpop
        ? 'Somebody has the access token, and signs a proof for it with a key of their own.'
        : 'Somebody has the access token, and sends it over a connection of their own, with another certificate.',
      clauses: ['FAPI2-SP-FINAL-5.3.2.1-4', dpop ? 'FAPI2-SP-FINAL-5.3.2.1-5' : 'RFC8705-3'],
    },
    dpop ? 'invalid_dpop_proof' : 'invalid_token',
    async () => {
      const { access_token } = tokens;
      if (!dpop) return client.stranger.fetch(resource, { headers: { authorization: `Bearer ${access_token}` } });
      const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
      return openid.fetchProtectedResource(config, access_token, resource, 'GET', null, undefined, { DPoP });
    },
  );
};

const assertionAgain: Act = async ({ narrator, client, pushed }) => {
  if (client.client_auth !== 'private_key_jwt') return;
  await narrator.refused(
    {
      title: 'The same client assertion again',
      why: 'Somebody has seen the pushed request, and sends it once more, to the letter.',
      clauses: ['RFC7523-3-7'],
    },
    'invalid_client',
    () => client.wire.again(pushed),
  );
};

const strangersPush: Act = async ({ narrator, client, pushed }) => {
  if (client.client_auth === 'private_key_jwt') return;
  await narrator.refused(
    {
      title: 'The same request from somebody else',
      why: 'Somebody sends what the client has pushed over a connection of their own, with another certificate.',
      clauses: ['RFC8705-2.1', 'FAPI2-SP-FINAL-5.3.2.1-6'],
    },
    'invalid_client',
    () => client.stranger.again(pushed),
  );
};

const requestUriAgain: Act = async ({ narrator, visitor, authorizationUrl }) => {
  await narrator.refused(
    {
      title: 'The same request_uri again',
      why: `Somebody opens the link once more, ${visitor.again}.`,
      clauses: ['PAR-7.3'],
      recommended: true,
    },
    'invalid_request_uri',
    () => visitor.reopen(authorizationUrl),
  );
};

const codeAgain: Act = async (scene) => {
  const { narrator, config, callback, options } = scene;
  await narrator.refused(
    {
      title: 'The same code again',
      why: 'The code is taken to the token endpoint a second time, with everything else new and right.',
      clauses: ['FAPI2-SP-FINAL-5.3.2.2-9'],
    },
    'invalid_grant',
    () => openid.authorizationCodeGrant(config, callback, checksOf(scene), undefined, options),
  );
};

const tokensGone: Act = async ({ narrator, config, tokens, resource, options }) => {
  await narrator.refused(
    {
      title: 'What that has done to the tokens',
      why: 'A code that comes twice may have been stolen. All that was issued for it is revoked, and the resource refuses the client’s own token, too.',
      clauses: ['RFC6749-4.1.2', 'FAPI2-SP-FINAL-6.8'],
      recommended: true,
    },
    'invalid_token',
    () => openid.fetchProtectedResource(config, tokens.access_token, resource, 'GET', null, undefined, options),
  );
};

/** Steps that must be refused, however right they look. */
export const misuse: readonly Act[] = [
  proofAgain,
  stolenToken,
  assertionAgain,
  strangersPush,
  requestUriAgain,
  codeAgain,
  tokensGone,
];
