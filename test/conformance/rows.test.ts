import { expect } from 'chai';

import { modules } from './modules.ts';
import { clientAuthentication } from './rows/client_authentication.ts';
import { discovery } from './rows/discovery.ts';
import { dpop } from './rows/dpop.ts';
import { flows } from './rows/flows.ts';
import { requests } from './rows/request.ts';
import { requestUris } from './rows/request_uri.ts';
import type { Row, Run } from './rows/row.ts';
import { closeServers, named, party, serverOf, type Variant, variants } from './rows/setting.ts';
import { SuiteClient } from './rows/suite_client.ts';
import { tokens } from './rows/token.ts';

const groups = [discovery, flows, requests, requestUris, clientAuthentication, tokens, dpop];
const rows: Readonly<Record<string, Row>> = Object.assign({}, ...groups);

/** Modules of ecosystems, whose profiles are not offered: `P:x` belongs to x alone, `-P:plain` to all but this one. */
const foreign = ({ flags }: { flags: string }) => /(^|\s)P:(?!plain)/.test(flags) || /-P:[^ ]*\bplain\b/.test(flags);
const own = modules.filter((module) => !foreign(module));

function applies({ flags }: { flags: string }, variant: Variant): boolean {
  const letters = flags
    .split(' ')
    .filter((flag) => !flag.includes(':'))
    .join('');
  return (
    (!letters.includes('J') || variant.signed) &&
    (!letters.includes('D') || variant.sender_constrain === 'dpop') &&
    (!letters.includes('K') || variant.client_auth_type === 'private_key_jwt') &&
    (!letters.includes('O') || variant.openid === 'openid_connect')
  );
}

async function runOf(variant: Variant): Promise<Run> {
  const at = async (index: 0 | 1, lifetimes: 'ordinary' | 'brief' = 'ordinary') =>
    SuiteClient.create(await serverOf(variant, lifetimes), variant, party(variant, index));
  return { first: await at(0), second: await at(1), brief: () => at(0, 'brief') };
}

/** Rows that wait for a time to pass, all at once, while the others run. */
const waiting = [
  'ensure-token-endpoint-fails-with-expired-auth-code',
  'par-attempt-to-use-expired-request_uri',
  'attempt-reuse-authorization-code-after-one-second',
];

describe('The modules of the conformance suite', () => {
  const begun = new Map<string, Promise<unknown>>();
  before(async () => {
    // One after the other: each has a database in this process, which starts on this very thread.
    for (const signed of [true, false]) {
      await serverOf({ signed } as Variant);
      await serverOf({ signed } as Variant, 'brief');
    }
    for (const variant of variants) {
      for (const name of waiting) {
        const outcome = runOf(variant).then((run) => rows[name]?.(run));
        outcome.catch(() => {});
        begun.set(`${name} ${named(variant)}`, outcome);
      }
    }
  });
  after(closeServers);

  it('are 78, and each that is ours has a row', () => {
    expect(modules).to.have.length(78);
    expect(Object.keys(rows)).to.have.members(own.map(({ name }) => name));
    expect(own).to.have.length(70);
  });

  for (const module of own) {
    for (const variant of variants.filter((each) => applies(module, each))) {
      it(`${module.name} [${module.clauses.join(' ')}] ${named(variant)}`, async () => {
        await (begun.get(`${module.name} ${named(variant)}`) ?? rows[module.name]?.(await runOf(variant)));
      });
    }
  }
});
