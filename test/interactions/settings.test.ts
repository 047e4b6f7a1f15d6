import { expect } from 'chai';

import { pageSettings, passwordLimits } from '../../lib/interactions/settings.ts';
import { ar } from './arabic.ts';

const faults = (settings: unknown) =>
  pageSettings.safeParse(settings).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? [];

describe('settings of the pages', () => {
  it('take a name, words in one language or several, and messages of a language of their own', () => {
    const words = { scopes: { payments: 'Pay', accounts: { en: 'See accounts', de: 'Konten sehen' } } };

    expect(faults({ name: 'Example Bank', words, messages: { ar, de: { sign_in: 'Einloggen' } } })).to.deep.equal([]);
  });

  it('name every message a new language lacks', () => {
    const { sign_in: _, ...most } = ar;
    const [fault, ...others] = faults({ messages: { sv: most } });

    expect(fault).to.match(/^messages\.sv lacks sign_in: write every message/);
    expect(others).to.deep.equal([]);
  });

  it('refuse a message there is not, a value that is not filled in, and a tag that is none', () => {
    expect(faults({ messages: { de: { sing_in: 'Einloggen' } } })[0]).to.contain('sing_in');
    expect(faults({ messages: { de: { continue_to: 'weiter zu {klient}' } } })[0]).to.match(
      /^messages\.de\.continue_to has \{klient\} in it, which is not filled in, write \{client\}/,
    );
    expect(faults({ messages: { 'no tag': {} } })[0]).to.contain('is no language tag');
  });
});

describe('limits of passwords', () => {
  it('refuse none at all, and times beyond a day', () => {
    for (const settings of [
      { pair: { attempts: 0 } },
      { in_progress: 0 },
      { queue: -1 },
      { login: { within: 86_401 } },
    ]) {
      expect(passwordLimits.safeParse(settings).success, JSON.stringify(settings)).to.equal(false);
    }
    expect(passwordLimits.parse({}).pair).to.deep.equal({ attempts: 5, within: 900 });
  });
});
