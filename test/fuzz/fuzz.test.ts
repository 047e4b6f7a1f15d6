import { connect } from 'node:tls';

import { expect } from 'chai';

import { Flow, profiles } from '../flows/flow.ts';
import { countFrom } from '../support/command_line.ts';
import { hostileRequest, type Random, type Sent, seeded } from './hostile.ts';

// `npm run fuzz` sends more; FUZZ_SEED repeats a run that found something.
const requests = countFrom('FUZZ_REQUESTS', 400);
const seed = countFrom('FUZZ_SEED', 1);

/** One request that was answered as none may be. */
interface Finding {
  readonly number: number;
  readonly request: string;
  readonly answer: string;
}

/** Milliseconds in which every request has to be answered; far beyond what any takes. */
const longest = 15_000;
const markup = '<script>alert(1)</script>';

async function exchange(flow: Flow, { head, body }: Sent): Promise<string> {
  const { hostname, port } = new URL(flow.server.issuer);
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
  const silent = setTimeout(() => socket.destroy(new Error('no answer')), longest);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await Promise.race([new Promise<void>((resolve) => socket.once('secureConnect', resolve)), closed]);
  socket.write(head);
  if (body) socket.write(body);
  await closed;
  const hung = socket.errored?.message === 'no answer';
  clearTimeout(silent);
  return hung ? 'no answer' : Buffer.concat(chunks).toString('latin1');
}

/** What is wrong with an answer, if anything. */
function wrong(answer: string): boolean {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1];
  if (answer === 'no answer') return true;
  // Node closes what is no HTTP; whatever is answered is answered below 500.
  if (answer !== '' && (status === undefined || Number(status) >= 500)) return true;
  const [, ...rest] = answer.split('\r\n\r\n');
  return rest.join('').includes(markup);
}

/**
 * Sends requests made from a seed, one after the other, and reports what none may be answered by: an error of the server,
 * nothing at all, or its own markup. The same seed makes the same requests but for keys and times.
 */
async function fuzz(flow: Flow, seed: number, requests: number): Promise<Finding[]> {
  const random: Random = seeded(seed);
  const findings: Finding[] = [];
  for (let number = 0; number < requests; number += 1) {
    const sent = await hostileRequest(flow, random, markup);
    const answer = await exchange(flow, sent);
    if (wrong(answer))
      findings.push({ number, request: (sent.head + sent.body).slice(0, 2000), answer: answer.slice(0, 500) });
  }
  return findings;
}

for (const profile of profiles) {
  describe(`${requests} hostile requests from seed ${seed}: ${profile}`, () => {
    const flow = Flow.during({ profile });

    it('meet no error of the server, no silence, and no page that repeats their markup', async function () {
      this.timeout(60_000 + requests * 200);
      expect(await fuzz(flow, seed, requests)).to.deep.equal([]);
    });
  });
}
