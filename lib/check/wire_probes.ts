import { isLocal } from '../http/address.ts';
import { endpoint, type Probe } from './probe.ts';

const isHere = (issuer: string) => isLocal(new URL(issuer).hostname);

/** Rules that are tried on the wire: TLS, headers, methods, errors. */
export const wireProbes: readonly Probe[] = [
  {
    clause: 'FAPI2-SP-FINAL-5.2.1-2',
    text: 'shall use TLS 1.2 or later',
    requests: 2,
    async run({ issuer, wire }) {
      for (const version of ['TLSv1', 'TLSv1.1'] as const) {
        const options = { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' };
        if (await wire.handshake(issuer, options)) return `${version} is accepted`;
      }
      return true;
    },
  },
  {
    clause: 'FAPI2-SP-FINAL-5.2.2-1',
    text: 'with TLS 1.2 only the cipher suites of BCP 195',
    requests: 1,
    async run({ issuer, wire }) {
      const weak = 'AES128-SHA:AES256-SHA:AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0';
      const made = await wire.handshake(issuer, { maxVersion: 'TLSv1.2', ciphers: weak });
      return made === undefined || `${made.suite} is accepted`;
    },
  },
  {
    clause: 'FAPI2-SP-FINAL-5.2.3-1',
    text: 'shall use methods against TLS stripping: Strict-Transport-Security where a browser goes',
    requests: 1,
    async run(target) {
      const url = endpoint(target, 'authorization');
      // A browser would then refuse every other server of this machine without TLS.
      if (isHere(target.issuer)) return undefined;
      const answer = url && (await target.wire.ask(url));
      return answer ? answer.headers['strict-transport-security'] !== undefined || 'no such header' : undefined;
    },
  },
  {
    clause: 'FAPI2-SP-FINAL-5.2.3-3',
    text: 'shall not support CORS for the authorization endpoint',
    requests: 1,
    async run(target) {
      const url = endpoint(target, 'authorization');
      const answer = url && (await target.wire.ask(url, { headers: { origin: 'https://other.example' } }));
      return answer
        ? answer.headers['access-control-allow-origin'] === undefined || 'another origin may read it'
        : undefined;
    },
  },
  {
    clause: 'RFC9700-4.16',
    text: 'prevents clickjacking at the authorization endpoint',
    requests: 1,
    async run(target) {
      const url = endpoint(target, 'authorization');
      const { headers } = url ? await target.wire.ask(url) : { headers: {} as Record<string, unknown> };
      const framed = headers['x-frame-options'] ?? /frame-ancestors/.exec(`${headers['content-security-policy']}`)?.[0];
      return framed !== undefined || 'neither X-Frame-Options nor frame-ancestors';
    },
  },
  {
    clause: 'RFC8414-3',
    text: 'addresses in the metadata do not follow the Host header',
    requests: 1,
    async run({ issuer, wire }) {
      const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
      const { status, text } = await wire.ask(url, { headers: { host: 'poisoned.example' } });
      return status >= 400 || !text.includes('poisoned.example') || 'they name the host of the request';
    },
  },
  {
    clause: 'PAR-2.3',
    text: 'the pushed authorization request endpoint answers POST only, and refuses who does not authenticate',
    requests: 2,
    async run(target) {
      const url = endpoint(target, 'pushed_authorization_request');
      if (!url) return undefined;
      const [get, post] = [await target.wire.ask(url), await target.wire.post(url, { client_id: 'nobody' })];
      if (get.status < 400) return `GET is answered ${get.status}`;
      return (post.status >= 400 && typeof post.body.error === 'string') || `a stranger is answered ${post.status}`;
    },
  },
];
