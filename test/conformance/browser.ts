import { testName } from './plans.ts';

/** Who logs in. */
export interface Person {
  readonly login: string;
  readonly password: string;
}

type Command = readonly (string | number)[];

/** What the suite's browser does when a module sends it to the provider, and in two modules something else. */
export function browserScript(issuer: string, alias: string, { login, password }: Person) {
  const pages = `${issuer}/interaction/*`;
  const entry = (match: string, ...commands: readonly (readonly Command[])[]) => ({
    match,
    tasks: [
      ...commands.map((list, index) => ({ task: `Page ${index + 1}`, match: pages, optional: true, commands: list })),
      { task: 'Back', match: `*/test/a/${alias}/callback*`, commands: [['wait', 'id', 'submission_complete', 10]] },
    ],
  });
  const everything = `${issuer}/*`;
  const signIn: Command[] = [
    // Who has logged in before, as the module's other client, is asked for consent only.
    ['text', 'name', 'login', login, 'optional'],
    ['text', 'name', 'password', password, 'optional'],
    ['click', 'id', 'continue'],
  ];
  const normal = entry(everything, signIn, [['click', 'id', 'continue']]);
  const look = { match: everything, 'match-limit': 1, tasks: [{ task: 'Look', match: pages, commands: [] }] };
  return {
    browser: [normal],
    override: {
      [testName('user-rejects-authentication')]: { browser: [entry(everything, [['click', 'id', 'abort']])] },
      [testName('par-ensure-reused-request-uri-prior-to-auth-completion-succeeds')]: { browser: [look, normal] },
    },
  };
}
