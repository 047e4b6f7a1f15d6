import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

import { expect } from 'chai';
import { parse } from 'yaml';

import { freePort } from '../../lib/demo/free_port.ts';
import { clients } from '../flows/clients.ts';
import { authorized } from '../flows/flow_client.ts';
import { openidClient } from '../flows/openid_client.ts';
import { flowServer, type OwnServer, trustingFetch } from '../flows/server.ts';

const execute = promisify(execFile);
const client = clients.find(({ client_id }) => client_id === 'private_key_jwt-dpop') as (typeof clients)[0];
const alerts = 'config/monitoring/alerts.yaml';
const alertTests = 'test/management/alerts.yaml';
const dashboard = 'config/monitoring/grafana.json';

const words = new Set(['by', 'or', 'and', 'on', 'without', 'unless']);

/** Metrics that a query names, and labels it names of them. */
function named(query: string): { metrics: string[]; labels: string[] } {
  const labels = [
    ...[...query.matchAll(/([a-z_]+)\s*=?[=~!]+"/g)].map(([, label = '']) => label),
    ...[...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/)),
  ];
  const bare = query.replace(/\{[^}]*\}|\bby \([^)]*\)|\[[^\]]*\]/g, '').replace(/\blabel_values\(([^,]+),.*\)/, '$1');
  const metrics = [...bare.matchAll(/[a-z_]\w*(?!\w|\s*\()/g)].map(([name]) => name).filter((name) => !words.has(name));
  return { metrics, labels };
}

interface Panel {
  readonly targets: readonly { readonly expr: string }[];
}
interface Alerts {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

interface AlertTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly object[] }[];
  }[];
}

async function queries(): Promise<string[]> {
  const { groups } = parse(await readFile(alerts, 'utf8')) as Alerts;
  const { panels, templating } = JSON.parse(await readFile(dashboard, 'utf8')) as {
    panels: Panel[];
    templating: { list: { definition?: string }[] };
  };
  return [
    ...groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...templating.list.flatMap(({ definition }) => (definition ? [definition] : [])),
  ];
}

describe('What is watched', () => {
  let server: OwnServer;
  let text: string;

  before(async () => {
    const port = await freePort();
    server = await flowServer({ set: [`management.port=${port}`] });
    const flow = await openidClient(server, client);
    await flow.exchange(await authorized(flow, { scope: 'openid profile' }));
    const refused = await trustingFetch()(`${server.issuer}/request`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'client_id=nobody',
    });
    expect(refused.status).to.equal(401);
    for (const path of ['/nothing', '/.env']) await trustingFetch()(`${server.issuer}${path}`);
    text = await (await fetch(`http://localhost:${port}/metrics`)).text();
  });
  after(() => server?.close());

  it('a flow is counted: its requests, its push, its login, its tokens, and a refusal with error and clause', () => {
    for (const line of [
      /^oidc_requests_total\{endpoint="pushed_authorization_request",status="201"\} [1-9]/m,
      /^oidc_requests_total\{endpoint="interaction",status="303"\} [1-9]/m,
      /^oidc_requests_total\{endpoint="token",status="200"\} 1$/m,
      /^oidc_requests_total\{endpoint="other",status="404"\} 2$/m,
      /^oidc_request_duration_seconds_bucket\{le="10",endpoint="token"\} [1-9]/m,
      /^oidc_pushes_total\{result="accepted"\} [1-9]/m,
      /^oidc_pushes_total\{result="refused"\} [1-9]/m,
      /^oidc_logins_total\{result="succeeded"\} 1$/m,
      /^oidc_token_responses_total\{grant_type="authorization_code"\} 1$/m,
      /^oidc_refusals_total\{error="invalid_client",clause="[A-Z][^"]+"\} 1$/m,
    ])
      expect(text).to.match(line);
  });

  it('neither a client, a person nor a token is in the metrics', () => {
    for (const secret of ['private_key_jwt-dpop', 'nobody', 'demo', 'urn:ietf:params:oauth:request_uri'])
      expect(text).not.to.include(secret);
  });

  it('every query of the alerts and the dashboard is about metrics and labels that exist', async () => {
    const metrics = new Set(['up', ...[...text.matchAll(/^([a-z_]\w*)[{ ]/gm)].map(([, name = '']) => name)]);
    for (const [, name = ''] of text.matchAll(/^# TYPE (\w+)/gm)) metrics.add(name);
    // What Prometheus adds to each.
    const labels = new Set(['job', 'instance', ...[...text.matchAll(/[{,]([a-z_]+)="/g)].map(([, name = '']) => name)]);
    // Of differences there is none to tell of.
    labels.add('part');
    for (const label of ['model', 'kid']) labels.add(label);
    const asked = await queries();
    expect(asked).to.have.length.above(30);
    for (const query of asked) {
      const { metrics: names, labels: by } = named(query);
      expect(names, query).to.have.length.above(0);
      for (const name of names) expect([...metrics], query).to.include(name);
      for (const label of by) expect([...labels], query).to.include(label);
    }
  });

  it('each alert fires when it should, and not before', async () => {
    const { stdout } = await execute('promtool', ['test', 'rules', alertTests]);
    expect(stdout).to.include('SUCCESS');
    const { groups } = parse(await readFile(alerts, 'utf8')) as Alerts;
    const { tests } = parse(await readFile(alertTests, 'utf8')) as AlertTests;
    const fired = tests.flatMap(({ alert_rule_test }) =>
      alert_rule_test.flatMap(({ alertname, exp_alerts }) => (exp_alerts.length > 0 ? [alertname] : [])),
    );
    const names = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
    expect(names.filter((name) => !fired.includes(name))).to.deep.equal([]);
  });

  it('there are ten alerts or more, and promtool takes the rules and the metrics', async () => {
    const { stdout } = await execute('promtool', ['check', 'rules', alerts]);
    expect(Number(/SUCCESS: (\d+) rules/.exec(stdout)?.[1])).to.be.at.least(10);
    const checking = execute('promtool', ['check', 'metrics']);
    // Of Node's own names it has an opinion too.
    const ours = text.split('\n').filter((line) => /^(# (HELP|TYPE) )?(oidc_|certificate_)/.test(line));
    checking.child.stdin?.end(`${ours.join('\n')}\n`);
    expect((await checking).stderr).to.equal('');
  });
});
