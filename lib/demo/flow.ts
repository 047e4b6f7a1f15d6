import * as openid from 'openid-client';

import { UnexpectedError } from './narrator.ts';
import type { Act, Scene } from './scene.ts';

const authentications = {
  private_key_jwt: 'It proves who it is by a JWT signed with its private key.',
  tls_client_auth: 'It proves who it is by its TLS certificate, which an authority has issued.',
  self_signed_tls_client_auth: 'It proves who it is by its TLS certificate, which it made itself and has registered.',
};

const discover: Act = async (scene) => {
  const { narrator, client } = scene;
  scene.config = await narrator.step(
    {
      title: 'Discovery',
      why: 'All the client was told is the issuer. Endpoints, algorithms and what the server insists on are published there.',
      clauses: ['FAPI2-SP-FINAL-5.3.2.1-1', 'FAPI2-SP-FINAL-5.2.2.1-1'],
      only: [
        'issuer',
        'authorization_endpoint',
        'pushed_authorization_request_endpoint',
        'token_endpoint',
        'require_pushed_authorization_requests',
        'require_signed_request_object',
        'response_types_supported',
        'token_endpoint_auth_methods_supported',
      ],
    },
    () => client.discover(),
  );
  if (client.sender_constrain === 'dpop') {
    scene.options = { DPoP: openid.getDPoPHandle(scene.config, await openid.randomDPoPKeyPair('ES256')) };
  }
};

const push: Act = async (scene) => {
  const { narrator, client, config, checks, signed, identified } = scene;
  const object = signed
    ? 'The request is an object it has signed, so that what was asked for can be shown later. '
    : '';
  scene.authorizationUrl = await narrator.step(
    {
      title: 'The client pushes its request',
      why: `The client tells the server itself what it wants; the browser will only carry a reference. ${object}${authentications[client.client_auth]}`,
      clauses: [
        'FAPI2-SP-FINAL-5.3.2.2-2',
        'FAPI2-SP-FINAL-5.3.2.1-6',
        'FAPI2-SP-FINAL-5.3.2.2-5',
        'FAPI2-SP-FINAL-5.3.2.2-12',
        ...(client.sender_constrain === 'dpop' ? (['FAPI2-SP-FINAL-5.3.2.1-12'] as const) : []),
        'FAPI2-MS-ID1-5.3.1-1',
      ],
    },
    async () => {
      const request = new URLSearchParams({
        redirect_uri: client.redirectUri,
        scope: client.scope,
        code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
        code_challenge_method: 'S256',
        state: checks.expectedState,
        ...(identified && { nonce: checks.expectedNonce }),
        ...client.parameters,
      });
      const jar = signed ? await openid.buildAuthorizationUrlWithJAR(config, request, client.key) : undefined;
      return openid.buildAuthorizationUrlWithPAR(config, jar?.searchParams ?? request, scene.options);
    },
  );
  scene.pushed = narrator.last;
};

const decide: Act = async (scene) => {
  const { narrator, visitor, authorizationUrl, signed } = scene;
  const jarm = signed ? ', all of it in one JWT signed by the server' : '';
  scene.callback = await narrator.step(
    {
      title: 'The person decides',
      why: `The browser opens the reference. The person logs in, reads who asks for what, and allows it. The browser returns to the client with a code, and with the name of the server it is from${jarm}.`,
      clauses: [
        'FAPI2-SP-FINAL-5.3.2.2-3',
        'FAPI2-SP-FINAL-5.3.2.2-13',
        'FAPI2-SP-FINAL-5.3.2.2-7',
        'FAPI2-SP-FINAL-5.3.2.1-11',
        'FAPI2-MS-ID1-5.4.1-1',
      ],
    },
    async () => {
      const place = await visitor.authorize(authorizationUrl);
      if (!place) throw new UnexpectedError('expected the browser to be sent back to the client');
      return place;
    },
  );
};

/** Checks of the callback; without an ID Token there is no nonce to find. */
export function checksOf({ checks, identified }: Scene): openid.AuthorizationCodeGrantChecks {
  const { expectedNonce, ...always } = checks;
  return identified ? { ...always, expectedNonce } : always;
}

const exchange: Act = async (scene) => {
  const { narrator, client, config, callback, options, identified } = scene;
  const dpop = client.sender_constrain === 'dpop';
  const bound = dpop ? 'the key of its DPoP proof' : 'the certificate of its TLS connection';
  scene.tokens = await narrator.step(
    {
      title: 'The client exchanges the code for tokens',
      why: `The code_verifier shows that this is who pushed the request. The access token is bound to ${bound}: whoever else has it has nothing.`,
      clauses: ['FAPI2-SP-FINAL-5.3.2.1-4', dpop ? 'FAPI2-SP-FINAL-5.3.2.1-5' : 'RFC8705-3', 'FAPI2-SP-FINAL-5.4.1-1'],
    },
    async () => {
      const tokens = await openid.authorizationCodeGrant(config, callback, checksOf(scene), undefined, options);
      narrator.expect(!identified || tokens.claims() !== undefined, 'an ID Token');
      return tokens;
    },
  );
};

const call: Act = async (scene) => {
  const { narrator, config, tokens, resource, options } = scene;
  await narrator.step(
    {
      title: 'The client calls the resource',
      why: 'The resource server looks at the token: is it alive, and does the caller hold the key it is bound to?',
      clauses: ['FAPI2-SP-FINAL-5.3.4-3', 'FAPI2-SP-FINAL-5.3.2.1-5'],
    },
    async () => {
      const { access_token } = tokens;
      const response = await openid.fetchProtectedResource(
        config,
        access_token,
        resource,
        'GET',
        null,
        undefined,
        options,
      );
      narrator.expect(response.status === 200, 'the resource');
    },
  );
  scene.called = narrator.last;
};

const refresh: Act = async ({ narrator, config, tokens, options }) => {
  if (!tokens.refresh_token) return;
  await narrator.step(
    {
      title: 'The client refreshes its access token',
      why: 'Access tokens are short-lived. The refresh token stays what it is: the client proves who it is each time, so that a stolen one is of no use.',
      clauses: ['FAPI2-SP-FINAL-5.3.2.1-9', 'FAPI2-SP-FINAL-6.1'],
    },
    async () => {
      const { refresh_token = '' } = tokens;
      const refreshed = await openid.refreshTokenGrant(config, refresh_token, undefined, options);
      narrator.expect(refreshed.access_token !== tokens.access_token, 'another access token');
      const stays = (refreshed.refresh_token ?? refresh_token) === refresh_token;
      narrator.expect(stays || narrator.foreign, 'the same refresh token');
    },
  );
};

const userinfo: Act = async ({ narrator, config, tokens, options, identified }) => {
  if (!identified) return;
  await narrator.step(
    {
      title: 'The client asks about the person',
      why: 'What the person has allowed, and nothing else. The library checks that the answer is about whom the ID Token is.',
      clauses: [],
    },
    () => openid.fetchUserInfo(config, tokens.access_token, `${tokens.claims()?.sub}`, options),
  );
};

const introspect: Act = async ({ narrator, config, tokens, signed }) => {
  if (narrator.foreign) return;
  await narrator.step(
    {
      title: signed ? 'Introspection, signed' : 'Introspection',
      why: `What the token stands for, and which key it is bound to.${signed ? ' The answer is signed: it can be shown to others.' : ''}`,
      clauses: ['RFC7662-4', 'FAPI2-MS-ID1-5.5.1-1'],
    },
    async () => {
      const { active } = await openid.tokenIntrospection(config, tokens.access_token);
      narrator.expect(active, 'an active token');
    },
  );
};

/** The steps of a client, from nothing to using its tokens. */
export const flow: readonly Act[] = [discover, push, decide, exchange, call, refresh, userinfo, introspect];
