import * as openid from 'openid-client';

import { authorize, Browser, heading, type Person } from './browser.ts';
import { type Client, isSigned } from './client.ts';
import type { Narrator } from './narrator.ts';
import type { OwnBrowser } from './own_browser.ts';
import type { RecordedExchange } from './recorder.ts';
import type { DevelopmentTarget } from './target.ts';

/** A person who decides, in a browser. */
export interface Visitor {
  /** Opens the authorization URL, decides. @returns the address at the client that the browser was sent to, if it was */
  authorize(url: URL): Promise<URL | undefined>;
  /** The browser that `reopen` opens it in. */
  readonly again: string;
  /** Opens an address once more, after the flow has ended. */
  reopen(url: URL): Promise<unknown>;
}

/** The account of config/development.yaml, in a browser without a screen. */
export function scriptedVisitor({ config }: DevelopmentTarget, { wire }: Client): Visitor {
  const browser = new Browser(wire.fetch);
  const [person = { login: '', password: '' }] = config.accounts as Person[];
  return {
    async authorize(url) {
      const place = await authorize(browser, url, person);
      return place.response ? undefined : place.url;
    },
    again: 'in the very browser that is logged in and has consented',
    reopen: async (url) => heading(await browser.open(url)),
  };
}

/** A person in their own browser, who is not asked to open the link a second time: that is done without cookies. */
export function ownVisitor({ authorize }: OwnBrowser, { wire }: Client): Visitor {
  return {
    authorize,
    again: 'in a browser nobody has logged in with',
    reopen: (url) => wire.fetch(url, { headers: { accept: 'text/html' } }),
  };
}

/** The state of a demo: every step finds here what the ones before have left. */
export class Scene {
  readonly narrator: Narrator;
  readonly client: Client;
  readonly visitor: Visitor;
  readonly checks = {
    pkceCodeVerifier: openid.randomPKCECodeVerifier(),
    expectedState: openid.randomState(),
    expectedNonce: openid.randomNonce(),
  };

  config!: openid.Configuration;
  options: openid.DPoPOptions = {};
  pushed!: RecordedExchange;
  authorizationUrl!: URL;
  callback!: URL;
  tokens!: openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers;
  called!: RecordedExchange;
  readonly #resource: URL | undefined;

  /** @param resource the protected resource; the userinfo endpoint when absent. */
  constructor(narrator: Narrator, client: Client, visitor: Visitor, resource: URL | undefined) {
    this.narrator = narrator;
    this.client = client;
    this.visitor = visitor;
    this.#resource = resource;
  }

  get resource(): URL {
    const { userinfo_endpoint, mtls_endpoint_aliases } = this.config.serverMetadata();
    const alias = this.client.showsCertificate ? mtls_endpoint_aliases?.userinfo_endpoint : undefined;
    return this.#resource ?? new URL(`${alias ?? userinfo_endpoint}`);
  }

  /** True when requests, answers and introspections are signed. */
  get signed(): boolean {
    return isSigned(this.config);
  }

  /** True when an ID Token is asked for. */
  get identified(): boolean {
    return this.client.scope.split(' ').includes('openid');
  }
}

/** The sample resource, on the listener that asks for certificates for a client that has one to show. */
export function sampleResource({ config, mtls, issuer }: DevelopmentTarget, { showsCertificate }: Client): URL {
  const { path } = config.resource as { path: string };
  return new URL(path, showsCertificate ? mtls : issuer);
}

/** One thing that happens. */
export type Act = (scene: Scene) => Promise<void>;
