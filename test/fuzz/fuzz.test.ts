import { expect } from 'chai';

import { Flow, profiles } from '../flows/flow.ts';
import { countFrom } from '../support/command_line.ts';
import { fuzz } from './fuzz.ts';

// `npm run fuzz` sends more; FUZZ_SEED repeats a run that found something.
const requests = countFrom('FUZZ_REQUESTS', 400);
const seed = countFrom('FUZZ_SEED', 1);

for (const profile of profiles) {
  describe(`${requests} hostile requests from seed ${seed}: ${profile}`, () => {
    const flow = Flow.during({ profile });

    it('meet no error of the server, no silence, and no page that repeats their markup', async function () {
      this.timeout(60_000 + requests * 200);
      expect(await fuzz(flow, seed, requests)).to.deep.equal([]);
    });
  });
}
