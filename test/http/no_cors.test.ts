import { expect } from 'chai';

import { noCors } from '../../lib/http/no_cors.ts';
import { serve } from './provider.ts';

describe('FAPI2-SP-FINAL-5.2.3-3 what scripts of other sites may read', () => {
  it('is nothing of pages and endpoints for clients, and what others say there stays', async () => {
    const listener = await serve((provider) => [
      noCors(provider),
      (ctx, next) => {
        ctx.set({ 'access-control-allow-origin': '*', 'access-control-expose-headers': 'x-other', 'x-other': 'a' });
        return next();
      },
    ]);
    const headers = { origin: 'https://evil.example' };
    const allowed = async (path: string, method = 'GET') => {
      const answer = await listener.ask(path, { method, headers });
      expect(answer.headers['x-other'], path).to.equal('a');
      return Object.keys(answer.headers).filter((name) => name.startsWith('access-control-')).length;
    };
    for (const path of ['/auth?client_id=nobody', '/auth/uid', '/interaction/uid'])
      expect(await allowed(path)).to.equal(0);
    for (const path of ['/token', '/request']) expect(await allowed(path, 'POST')).to.equal(0);
    for (const path of ['/jwks', '/me']) expect(await allowed(path)).to.be.above(0);
    await listener.close();
  });
});
