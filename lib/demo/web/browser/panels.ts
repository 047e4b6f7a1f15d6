import { ask, element, type Part } from './dom.ts';

interface Message {
  readonly text: string;
  readonly rows: readonly (readonly [name: string, value: string])[];
}

/** One trip to the bank, as the app's server tells it. */
export interface Story {
  readonly purpose: string;
  readonly front: readonly Message[];
  readonly back: readonly Message[];
  readonly bytes: number;
  readonly plain: {
    readonly bytes: number;
    readonly parameters: readonly { readonly name: string; readonly value: string; readonly harm: string }[];
  };
  readonly attempts: readonly { readonly name: string; readonly title: string }[];
}

interface Outcome {
  readonly status: number;
  readonly error: string;
  readonly description: string;
}

function panel(title: string, ...children: readonly Part[]): Part {
  const id = title.replace(/\W+/g, '_');
  return element('section', { 'aria-labelledby': id }, element('h3', { id }, title), ...children);
}

const rows = (pairs: Message['rows']): Part =>
  element('dl', {}, ...pairs.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]));

const details = (summary: string, content: Part): Part =>
  element('details', {}, element('summary', {}, summary), content);

const front = ({ text, rows: pairs }: Message): Part => element('li', {}, text, rows(pairs));

const back = ({ text, rows: pairs }: Message, index: number): Part =>
  element('li', {}, text, details(`Look inside message ${index + 1}`, rows(pairs)));

function plain({ bytes, plain: { bytes: more, parameters } }: Story): Part {
  const harmful = parameters.flatMap(({ name, value, harm }) => [
    element('dt', {}, name),
    element('dd', {}, value, element('em', {}, harm)),
  ]);
  return panel(
    'How the same request looks without a push',
    element(
      'p',
      {},
      `Without a push, all of it would stand in your browser’s address line: ${more} characters instead of ${bytes}. Whoever reads the address (the history, an extension, a log on the way) reads your request, and whoever can change it changes what you are asked to allow. In red: what changing each line would do.`,
    ),
    details('The request, line by line', element('dl', {}, ...harmful)),
  );
}

function tryIt(purpose: string, { name, title }: Story['attempts'][number]): Part {
  const answer = element('p', { class: 'answer', role: 'status' });
  const button = element(
    'button',
    {
      type: 'button',
      async click() {
        button.disabled = true;
        const { ok, body } = await ask<Outcome>('POST', `/api/attempts/${purpose}/${name}`);
        button.disabled = false;
        const { status, error, description } = body;
        const refused = ok && (status >= 400 || error !== '');
        answer.setAttribute('class', refused ? 'answer' : 'answer granted');
        answer.replaceChildren(
          element('strong', {}, refused ? 'Refused. ' : ok ? 'It worked! ' : 'Not tried: sign in again. '),
          ...(refused ? [`The answer was ${status}, ${error}${description && `: ${description}`}`] : []),
        );
        button.focus();
      },
    },
    'Try: ',
    title,
  );
  return element('li', {}, button, answer);
}

/** The four views of one trip, side by side where there is room. */
export function panels(story: Story): Part {
  return element(
    'div',
    { class: 'panels' },
    panel('What crossed your browser', element('ol', {}, ...story.front.map(front))),
    panel('What went from server to server', element('ol', {}, ...story.back.map(back))),
    plain(story),
    panel(
      'What an attacker in your browser could have changed',
      element(
        'p',
        {},
        'With the push: nothing of the request, because it never was there. Try it. The app’s server plays somebody who saw all that crossed your browser, and really asks the bank.',
      ),
      element('ul', { class: 'attempts' }, ...story.attempts.map((one) => tryIt(story.purpose, one))),
    ),
  );
}
