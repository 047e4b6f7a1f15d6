import { expect } from 'chai';

import { bound, flood } from './flood.ts';

describe('A server in a flood', () => {
  // `npm run flood` sends 10,000 connections, 100,000 clients and 200 requests.
  it('keeps its memory, and serves whoever is honest', async () => {
    const rows = await flood({ connections: 200, clients: 500, headers: 5 });
    expect(rows.map(({ what }) => what)).to.deep.equal([
      'idle connections',
      'unknown client ids',
      'requests of 1 MB of headers',
    ]);
    for (const row of rows) {
      expect(row.served, row.what).to.equal(row.honest);
      expect(row.after - row.before, `${row.what}: MB`).to.be.below(bound(row));
    }
  });
});
