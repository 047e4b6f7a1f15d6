import { expect } from 'chai';

import { normalized } from '../../lib/http/normalized_url.ts';

describe('RFC3986-6.2.2 one spelling of a URL', () => {
  const rows: [url: string, one: string | undefined][] = [
    ['https://as.example.com/%74ok%65n', 'https://as.example.com/token'],
    ['HTTPS://AS.example.com:443/a/../token', 'https://as.example.com/token'],
    ['https://as.example.com/%7e%2D%2e%5F%7E', 'https://as.example.com/~-._~'],
    ['https://as.example.com/a%2fb%c3%a9', 'https://as.example.com/a%2Fb%C3%A9'],
    ['https://as.example.com/%g1%1', 'https://as.example.com/%g1%1'],
    ['no URL', undefined],
  ];
  for (const [url, one] of rows) it(`of ${url}`, () => expect(normalized(url)).to.equal(one));
});
