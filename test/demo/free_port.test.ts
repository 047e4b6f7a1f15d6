import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

import { expect } from 'chai';

import { freePort } from '../../lib/demo/free_port.ts';

describe('a free port', () => {
  it('is claimed: neither this process nor another that asks the same way gets it', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));
    expect(new Set(ports).size).to.equal(50);
    const socket = createSocket('udp4').bind({ port: ports[0], address: '127.0.0.1', exclusive: true });
    const [error] = await once(socket, 'error');
    expect(error.code).to.equal('EADDRINUSE');
  });

  it('passes over one that is claimed, and says so where there is no other', async () => {
    const claimed = await freePort();
    const refusal = await freePort(claimed, claimed + 1).catch(({ message }) => message);
    expect(refusal).to.match(/^no port from \d+ to \d+ is free$/);
  });

  it('leaves the process free to end', () => {
    const script = `const { freePort } = await import('./lib/demo/free_port.ts'); console.log(await freePort());`;
    const stdout = execFileSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 10_000 });
    expect(Number(stdout)).to.be.within(20_000, 32_000);
  });
});
