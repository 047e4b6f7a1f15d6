import { once } from 'node:events';
import { type ConnectionOptions, connect, getCiphers } from 'node:tls';

import { expect } from 'chai';

/** BCP 195's own for TLS 1.2, as the suite lists them. */
const recommended = /^ECDHE-(ECDSA|RSA)-(AES128-GCM-SHA256|AES256-GCM-SHA384|CHACHA20-POLY1305)$/;
const names = getCiphers()
  .map((name) => name.toUpperCase())
  .filter((name) => !/^TLS_|PSK|SRP/.test(name));
// OpenSSL's own security level would refuse, on our side, what the server is to be asked for.
const suites = (wanted: boolean) =>
  `${names.filter((name) => recommended.test(name) === wanted).join(':')}:@SECLEVEL=0`;

/** @returns the protocol of the handshake; `undefined` where there was none */
async function handshake({ hostname, port }: URL, options: ConnectionOptions): Promise<string | null | undefined> {
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false, ...options });
  try {
    await once(socket, 'secureConnect');
    return socket.getProtocol();
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

/** What the suite's sockets try at an address: versions, which of them is preferred, and the cipher suites of TLS 1.2. */
export async function tls(address: string): Promise<void> {
  const url = new URL(address);
  expect(await handshake(url, {}), 'FAPI2-SP-FINAL-5.2.1-1').to.equal('TLSv1.3');
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    const only = { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' };
    expect(await handshake(url, only), `RFC9325-3.1.1 ${version}`).to.equal(undefined);
  }
  const only = { maxVersion: 'TLSv1.2' } as const;
  expect(await handshake(url, { ...only, ciphers: suites(true) }), 'FAPI2-SP-FINAL-5.2.2').to.equal('TLSv1.2');
  expect(await handshake(url, { ...only, ciphers: suites(false) }), 'FAPI2-SP-FINAL-5.2.2').to.equal(undefined);
}
