import * as openid from 'openid-client';

import { Browser } from './browser.ts';
import { isSigned, type SampleClient } from './client.ts';
import type { Narrator } from './narrator.ts';
import type { Exchange } from './recorder.ts';
import type { Target } from './target.ts';

/** The state of a demo: every step finds here what the ones before have left. */
export class Scene {
  readonly narrator: Narrator;
  readonly target: Target;
  readonly client: SampleClient;
  readonly browser: Browser;
  readonly checks = {
    pkceCodeVerifier: openid.randomPKCECodeVerifier(),
    expectedState: openid.randomState(),
    expectedNonce: openid.randomNonce(),
  };

  config!: openid.Configuration;
  options: openid.DPoPOptions = {};
  pushed!: Exchange;
  authorizationUrl!: URL;
  callback!: URL;
  tokens!: openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers;
  called!: Exchange;

  constructor(narrator: Narrator, target: Target, client: SampleClient) {
    this.narrator = narrator;
    this.target = target;
    this.client = client;
    this.browser = new Browser(client.wire.fetch);
  }

  /** On the listener that asks for certificates, for a client that has one to show. */
  get resource(): URL {
    const { config, mtls, issuer } = this.target;
    const { path } = config.resource as { path: string };
    return new URL(path, this.client.showsCertificate ? mtls : issuer);
  }

  /** True when requests, answers and introspections are signed. */
  get signed(): boolean {
    return isSigned(this.config);
  }
}

/** One thing that happens. */
export type Act = (scene: Scene) => Promise<void>;
