import { arrivedWith, ask, element, leaveFor, type Part, part } from './dom.ts';
import { panels, type Story } from './panels.ts';

interface Receipt {
  readonly number: string;
  readonly amount: string;
  readonly currency: string;
  readonly creditor: string;
  readonly reference: string;
}

interface State {
  readonly name?: string;
  readonly accounts: boolean;
  readonly receipts: readonly Receipt[];
  readonly stories: readonly Story[];
}

interface Account {
  readonly iban: string;
  readonly name: string;
  readonly balance?: string;
}

/** The end of a trip to the bank, in words. */
const outcomes: Readonly<Record<string, readonly [kind: 'good' | 'bad', text: string]>> = {
  sign_in: ['good', 'You are signed in. Below you see what was sent where. Then go on with step 2.'],
  accounts: ['good', 'The bank shows the app the accounts you allowed, and no others.'],
  payment: ['good', 'The bank has paid what you allowed. The app could not have asked for a cent more.'],
  denied: ['bad', 'You said no at the bank, so the app got nothing. You can try again.'],
  other_person: ['bad', 'Somebody else said yes at the bank than is signed in here, so nothing was done.'],
  unknown: ['bad', 'This answer belongs to no request of this browser, or came too late or twice. Nothing was done.'],
  failed: ['bad', 'Something went wrong between the app and the bank. Nothing was done. Please try again.'],
  gone: ['bad', 'You are not signed in any more. Sign in again.'],
};

const titles: Readonly<Record<string, string>> = { sign_in: 'Sign-in', accounts: 'Accounts', payment: 'Payment' };
const fields = ['creditor', 'iban', 'amount', 'reference'] as const;
const money = (amount: string, currency = 'EUR') =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).format(Number(amount));

function tell(outcome: string): void {
  const [kind, text] = outcomes[outcome] ?? [];
  if (!kind || !text) return;
  part('news').replaceChildren(element('p', { class: `news ${kind}` }, text));
  part('news').focus();
}

function showList(id: string, items: readonly Part[]): void {
  part(id).replaceChildren(...items);
  part(id).hidden = items.length === 0;
}

function showReceipts(receipts: readonly Receipt[]): void {
  showList(
    'receipts',
    receipts.map(({ number, amount, currency, creditor, reference }) =>
      element(
        'li',
        {},
        `${money(amount, currency)} to ${creditor}`,
        element('small', {}, `${reference} · no. ${number}`),
      ),
    ),
  );
}

async function showAccounts(): Promise<void> {
  const { ok, body } = await ask<{ accounts: readonly Account[] }>('GET', '/api/accounts');
  const accounts = ok ? body.accounts : [];
  showList(
    'accounts',
    accounts.map(({ name, iban, balance }) =>
      element('li', {}, balance ? `${name}: ${money(balance)}` : name, element('small', {}, iban)),
    ),
  );
}

function showStories(stories: readonly Story[], chosen = stories.at(-1)): void {
  part('stories').hidden = !chosen;
  if (!chosen) return;
  const buttons = stories.map((story) => {
    const button = element(
      'button',
      { type: 'button', 'aria-pressed': String(story === chosen), click: () => choose(story) },
      titles[story.purpose] ?? '',
    );
    return button;
  });
  function choose(story: Story): void {
    showStories(stories, story);
    part('choice').focus();
  }
  part('choice').replaceChildren(...buttons);
  part('panels').replaceChildren(panels(chosen));
}

function showProblems(problems: Readonly<Record<string, string>>): void {
  for (const field of fields) {
    const [input, told, text] = [part(field), part(`${field}_problem`), problems[field]];
    told.hidden = text === undefined;
    told.textContent = text ?? '';
    if (text === undefined) for (const name of ['aria-invalid', 'aria-describedby']) input.removeAttribute(name);
    else
      for (const [name, value] of [
        ['aria-invalid', 'true'],
        ['aria-describedby', `${field}_problem`],
      ] as const)
        input.setAttribute(name, value);
  }
  const first = fields.find((field) => problems[field] !== undefined);
  if (first) part(first).focus();
}

/** Has the app's server ask the bank, and goes to the bank. */
async function go(button: Part, path: string, body?: unknown): Promise<void> {
  button.disabled = true;
  const answer = await ask<{ go?: string; problems?: Record<string, string> }>('POST', path, body).catch(
    () => undefined,
  );
  if (answer?.body.go) return leaveFor(answer.body.go);
  button.disabled = false;
  showProblems(answer?.body.problems ?? {});
  if (answer?.status === 401) tell('gone');
  else if (answer?.status !== 422) tell('failed');
  return undefined;
}

async function show(): Promise<void> {
  const { body: state } = await ask<State>('GET', '/api/state');
  const known = state.name !== undefined;
  part('who').textContent = state.name ?? '';
  part('sign_out').hidden = !known;
  part('sign_in').disabled = known;
  for (const id of ['ask_accounts', 'pay', ...fields]) part(id).disabled = !known;
  showReceipts(state.receipts);
  showStories(state.stories);
  if (state.accounts) await showAccounts();
  else showList('accounts', []);
}

part('sign_in').addEventListener('click', () => go(part('sign_in'), '/api/sign-in'));
part('ask_accounts').addEventListener('click', () => go(part('ask_accounts'), '/api/accounts'));
part('payment').addEventListener('submit', (event) => {
  event.preventDefault();
  go(part('pay'), '/api/payments', Object.fromEntries(fields.map((field) => [field, part(field).value])));
});
part('sign_out').addEventListener('click', async () => {
  await ask('POST', '/api/sign-out');
  await show();
  part('sign_in').focus();
});

const outcome = arrivedWith('outcome');
await show();
if (outcome) tell(outcome);
