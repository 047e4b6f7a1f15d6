import { expect } from 'chai';

import { Agent } from './agent.ts';
import { type Options, person, testProvider } from './provider.ts';

const hostile = {
  markup: `"'><script>alert(1)</script><img src=x onerror=alert(1)>`,
  'template code': `<%= process.env.PATH %>{{7*7}}\${7*7}`,
  'a closed title and style': '</title></style><h1>Owned</h1>',
  NUL: 'a\u0000b',
  'half a surrogate pair': 'a\ud800b',
  'text that runs backwards': '\u202egpj.exe',
  '100 kB': '<b>'.repeat(34_000),
};

const ours = new Set(
  'html head meta title style body header svg path span main h1 h2 p bdi div form input label button ul li a small dl dt dd'.split(
    ' ',
  ),
);

/** What a browser would make of it: no element but ours, no attribute that does something, no template code run. */
function expectOurMarkupOnly(html: string): void {
  const elements = [...html.matchAll(/<([a-z][^\s/>]*)((?:[^>"]|"[^"]*")*)>/gi)];
  expect(elements.map(([, tag = '']) => tag).filter((tag) => !ours.has(tag))).to.deep.equal([]);
  expect(elements.filter(([, tag]) => tag === 'h1')).to.have.length(1);
  for (const [, , attributes = ''] of elements) {
    expect(attributes.replace(/"[^"]*"/g, '')).to.not.match(/\son|\ssrc|\sstyle|['<]/);
  }
  for (const lost of ['\u0000', '\ud800', process.env.PATH ?? 'PATH']) expect(html.includes(lost)).to.equal(false);
}

describe('text of others never becomes markup, and never breaks a page', () => {
  for (const [what, text] of Object.entries(hostile)) {
    it(`${what} as client_name, login, login_hint, state, scope, claims and details`, async () => {
      const options: Options = {
        client: {
          client_name: text,
          client_uri: `https://planner.example/?${encodeURIComponent(text.toWellFormed())}`,
          authorization_details_types: ['payment'],
        },
        configuration: {
          scopes: ['openid', 'offline_access'],
          features: {
            resourceIndicators: { enabled: true, getResourceServerInfo: () => ({ scope: 'a&lt;b' }) },
            richAuthorizationRequests: {
              enabled: true,
              types: { payment: { validate: () => {} } },
              authorizationDetailsForGrantSource: () => undefined,
            },
          },
        } as never,
      };
      const as = await testProvider(options);
      try {
        const agent = new Agent();
        const at = 6000; // core reads 56 kB of a push
        const params = {
          state: text.slice(0, at),
          login_hint: text.slice(0, at),
          resource: 'https://rs.example.com/?"><b>',
          authorization_details: JSON.stringify([{ type: 'payment', [text.slice(0, 1000)]: text.slice(0, 5000) }]),
        };
        const login = await agent.open(await as.authorizationUrl(params));
        expect(login.status).to.equal(200);
        expectOurMarkupOnly(login.text);

        const wrong = await agent.post(login, {
          action: 'continue',
          login: text.slice(0, at),
          password: text.slice(0, at),
        });
        expect(wrong.status).to.equal(422);
        expectOurMarkupOnly(wrong.text);

        const consent = await agent.post(login, { action: 'continue', ...person });
        expect(consent.heading).to.equal('Allow access?');
        expectOurMarkupOnly(consent.text);

        const { answer } = await agent.post(consent, { action: 'continue' });
        expect(answer.get('code')).to.be.a('string');
        expect(answer.get('state')).to.equal(params.state.toWellFormed());
        expect(as.errors).to.deep.equal([]);
      } finally {
        await as.close();
      }
    });

    it(`${what} in an error page`, async () => {
      const as = await testProvider();
      try {
        const query = new URLSearchParams({
          client_id: text.slice(0, 8000),
          [text.slice(0, 2000)]: text.slice(0, 2000),
        });
        const page = await new Agent().open(`${as.provider.urlFor('authorization')}?${query}`);

        expect([400, 431]).to.include(page.status);
        if (page.status === 400) expectOurMarkupOnly(page.text);
      } finally {
        await as.close();
      }
    });
  }
});
