import { expect } from 'chai';

import { atHand, clients, Development } from './stack.ts';

describe('connect your client: snippets as clients quickstart prints them', () => {
  let server: Development;
  before(async () => {
    server = await Development.start();
  });
  after(() => server?.close());

  // Python and Go need their package registries: npm run clients.
  for (const name of atHand) {
    it(`${name} obtains a token and shows it to the resource`, async () => {
      expect(await server.run(name)).to.include(`"client_id":"${clients[name]}"`);
    });
  }
});
