import type { RecordedExchange } from '../recorder.ts';
import { contents, isJwt, line, shown } from '../values.ts';
import type { Flow, Purpose } from './planner.ts';

type Rows = readonly (readonly [name: string, value: string])[];

/** One message from one party to another. */
interface Message {
  readonly text: string;
  readonly rows: Rows;
}

/** The same request as it would stand in the browser's address line. */
interface Plain {
  readonly bytes: number;
  readonly parameters: readonly { readonly name: string; readonly value: string; readonly harm: string }[];
}

/** A flow as the page tells it: of secrets only the first characters, so that no token is in it. */
export interface Story {
  readonly purpose: Purpose;
  readonly front: readonly Message[];
  readonly back: readonly Message[];
  readonly bytes: number;
  readonly plain: Plain;
}

/** The gain of somebody who changes a parameter on its way through the browser, by parameter. */
const harms: Readonly<Record<string, string>> = {
  client_id: 'Make you believe that another app asks.',
  response_type: 'Have the answer come in a form that is easier to steal.',
  redirect_uri: 'Have the answer sent to a server of their own.',
  scope: 'Ask for more than the app wants.',
  claims: 'Ask for more about you than the app wants.',
  authorization_details: 'Change what you are asked to allow: another amount, another payee, all accounts.',
  code_challenge: 'Put in a challenge of their own, so that the code fits a secret they know.',
  code_challenge_method: 'Have the secret behind the code sent in the open.',
  state: 'Slip an answer of theirs into your browser.',
  nonce: 'Slip a sign-in of theirs into the app.',
};

const titles: readonly (readonly [RegExp, string])[] = [
  [/\/request$/, 'The app’s server hands the whole request to the bank, signed, and gets a reference to it.'],
  [
    /\/token$/,
    'The app’s server trades the code for a token. It shows its own key and the secret behind the challenge.',
  ],
  [/\/accounts$/, 'The app’s server asks the bank for the accounts, with the token and a proof that it has the key.'],
  [/\/payments$/, 'The app’s server has the payment made that the token names. It sends no amount: the token has it.'],
];

const renewal = 'Tokens are short-lived. The app’s server asks for the next one, and shows its key again.';

/** A value as the page shows it: a JWT by its claims, a secret by its first characters. */
function value(name: string, text: string): string {
  if (isJwt(text)) return `signed: ${contents(text)[1]}`;
  const isJson = /^[[{]/.test(text);
  try {
    return isJson ? line(JSON.parse(text)) : shown(name, text);
  } catch {
    return shown(name, text);
  }
}

function rowsOf({ form, sent, body, status }: RecordedExchange): Rows {
  const given = [...(form ?? [])].filter(([name]) => name !== 'client_assertion_type');
  const headers = ['authorization', 'dpop'].flatMap((name) => {
    const text = sent.get(name);
    return text === null ? [] : [[name, text] as const];
  });
  const answer = Object.entries((body.startsWith('{') ? JSON.parse(body) : {}) as Record<string, unknown>);
  const received = answer.map(
    ([name, content]) => [`← ${name}`, typeof content === 'string' ? content : JSON.stringify(content)] as const,
  );
  const rows = [...headers, ...given, ...received].map(([name, text]) => [name, value(name.slice(-99), text)] as const);
  return [...rows, ['← status', `${status}`]];
}

function backOf({ exchanges }: Flow): Message[] {
  return exchanges.flatMap((exchange) => {
    const { origin, pathname } = exchange.url;
    const renews = exchange.form?.get('grant_type') === 'refresh_token';
    const [, text] = renews ? [undefined, renewal] : (titles.find(([path]) => path.test(pathname)) ?? []);
    return text ? [{ text, rows: [['to', origin + pathname] as const, ...rowsOf(exchange)] }] : [];
  });
}

const queryOf = (url: URL): Rows => [...url.searchParams].map(([name, text]) => [name, shown(name, text)]);

function frontOf({ address, callback, purpose }: Flow): Message[] {
  const cookie = shown('cookie', 'x'.repeat(43)).replace(/x+/, '');
  return [
    { text: 'The app sends your browser to the bank. This is all it carries.', rows: queryOf(address) },
    {
      text: 'You sign in and decide, at the bank and nowhere else. Then the bank sends your browser back, with a code that is good once, for a minute, and only for the app’s server.',
      rows: queryOf(callback),
    },
    ...(purpose === 'sign_in'
      ? [
          {
            text: 'The app’s server remembers you by a cookie that no script can read and no other site can use. The tokens stay with the server.',
            rows: [['__Host-session', `${cookie} Secure; HttpOnly; SameSite=Strict`] as const],
          },
        ]
      : []),
  ];
}

/** The address the browser would be sent to without a push. */
export function plainAddress({ config, params, address }: Flow, changed: Readonly<Record<string, string>> = {}): URL {
  const url = new URL(`${config.serverMetadata().authorization_endpoint}`);
  url.searchParams.set('client_id', `${address.searchParams.get('client_id')}`);
  for (const [name, text] of params) url.searchParams.set(name, changed[name] ?? text);
  return url;
}

export function storyOf(flow: Flow): Story {
  const plain = plainAddress(flow);
  const parameters = [...plain.searchParams].map(([name, text]) => ({
    name,
    value: value(name, text),
    harm: harms[name] ?? '',
  }));
  return {
    purpose: flow.purpose,
    front: frontOf(flow),
    back: backOf(flow),
    bytes: flow.address.href.length,
    plain: { bytes: plain.href.length, parameters },
  };
}
