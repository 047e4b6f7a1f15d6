import { lookup } from 'node:dns/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';

import { OperationalError } from '../../lib/errors.ts';

/** What the suite writes about one condition of a module. */
export interface LogEntry {
  readonly src: string;
  readonly msg?: string;
  readonly result?: string;
  readonly requirements?: readonly string[];
}

/** A module of a plan, as the suite created it. */
export interface Module {
  readonly testModule: string;
  readonly variant?: Readonly<Record<string, string>>;
}

const howToStart =
  'start one as its README says (https://gitlab.com/openid/conformance-suite), then give its address with --suite';

const refused: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ETIMEDOUT|ECONNRESET/, `does not answer: ${howToStart}`],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)/,
    "has a certificate that is not trusted: name its authority's file in NODE_EXTRA_CA_CERTS",
  ],
  [/EPROTO|ERR_SSL/, 'does not speak TLS on this port: check --suite'],
];

/** Milliseconds a request may take: the suite itself holds one for 30 seconds. */
const timeout = 90_000;

const transient = /ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|EHOSTUNREACH|EAI_AGAIN/;
const codeOf = ({ cause }: Error): string => `${(cause as NodeJS.ErrnoException | undefined)?.code}`;

/** The parts of the suite's REST interface that a run needs. */
export class Suite {
  readonly url: string;
  readonly #agent: Agent;
  /** Milliseconds in which a failed request is sent again; none until the suite has answered once. */
  #patience = 0;

  private constructor(url: string, agent: Agent) {
    this.url = url;
    this.#agent = agent;
  }

  /** @throws {OperationalError} one line that says what to change, when there is no suite at the address. */
  static async at(address: string, patience = 60): Promise<Suite> {
    const { hostname } = new URL(address);
    const { address: ip } = await lookup(hostname).catch(() => ({ address: '' }));
    // A suite on this machine has a certificate of its own making, and nobody stands between.
    const rejectUnauthorized = !/^(127\.|::1$)/.test(ip);
    const suite = new Suite(address, new Agent({ keepAlive: true, rejectUnauthorized }));
    await suite.version();
    suite.#patience = patience * 1000;
    return suite;
  }

  async version(): Promise<string> {
    const server = await this.#json<{ version?: string }>('GET', '/api/server');
    if (!server?.version) throw new OperationalError(`${this.url} is not a conformance suite: check --suite`);
    return server.version;
  }

  createPlan(planName: string, variant: object, configuration: object): Promise<{ id: string; modules: Module[] }> {
    return this.#json('POST', '/api/plan', { planName, variant: JSON.stringify(variant) }, configuration);
  }

  /** Starts a module of a plan. @returns the id of its log */
  async start(plan: string, { testModule, variant = {} }: Module): Promise<string> {
    const query = { test: testModule, plan, variant: JSON.stringify(variant) };
    return (await this.#json<{ id: string }>('POST', '/api/runner', query)).id;
  }

  /** Waits for a module to end. @returns its result; `INTERRUPTED` also when it does not end in time */
  async finished(id: string, seconds: number): Promise<string> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const { status, result } = await this.#json<{ status: string; result?: string }>('GET', `/api/info/${id}`);
      if (status === 'FINISHED') return result ?? 'UNKNOWN';
      if (status === 'INTERRUPTED') return 'INTERRUPTED';
      if (Date.now() > deadline) break;
      const query = { states: 'FINISHED,INTERRUPTED', timeoutMs: '30000' };
      // A module that has just ended is not a running one any more, and unknown here.
      await this.#send('GET', `/api/runner/${id}/wait-state`, query);
    }
    await this.#send('DELETE', `/api/runner/${id}`);
    return 'INTERRUPTED';
  }

  /** Waits until a module waits for a client. @returns what it tells its client, such as its issuer */
  async exposed(id: string, seconds: number): Promise<Readonly<Record<string, string>>> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const { status } = await this.#json<{ status: string }>('GET', `/api/info/${id}`);
      if (['WAITING', 'FINISHED', 'INTERRUPTED'].includes(status) || Date.now() > deadline) break;
      await setTimeout(100);
    }
    return (await this.#json<{ exposed?: Record<string, string> }>('GET', `/api/runner/${id}`)).exposed ?? {};
  }

  log(id: string): Promise<LogEntry[]> {
    return this.#json('GET', `/api/log/${id}`);
  }

  /** Where a person reads the log. */
  logUrl(id: string): string {
    return `${this.url}/log-detail.html?log=${id}`;
  }

  /** The whole plan with its logs, as a ZIP of HTML files. */
  async exportHtml(plan: string): Promise<Buffer> {
    const response = await this.#send('GET', `/api/plan/exporthtml/${plan}`);
    return response.body;
  }

  async #json<T>(method: string, path: string, query?: Record<string, string>, body?: object): Promise<T> {
    const response = await this.#send(method, path, query, body);
    const text = response.body.toString();
    if (response.status >= 400) {
      const advice =
        response.status === 401 ? ': set CONFORMANCE_TOKEN to a token of the suite' : `: ${text.slice(0, 300)}`;
      throw new OperationalError(`${this.url} answers ${method} ${path} with ${response.status}${advice}`);
    }
    try {
      return JSON.parse(text);
    } catch {
      throw new OperationalError(`${this.url} is not a conformance suite: it answers ${path} without JSON`);
    }
  }

  /** Sends a request, and again for a while where the suite, or whatever stands before it, does not answer. */
  async #send(method: string, path: string, query: Record<string, string> = {}, body?: object) {
    const deadline = Date.now() + this.#patience;
    for (;;) {
      const answer = await this.#sendOnce(method, path, query, body).catch((error: OperationalError) => error);
      const failed = answer instanceof Error ? transient.test(codeOf(answer)) : [502, 503, 504].includes(answer.status);
      if (!failed || Date.now() >= deadline) {
        if (answer instanceof Error) throw answer;
        return answer;
      }
      await setTimeout(1000);
    }
  }

  async #sendOnce(method: string, path: string, query: Record<string, string>, body?: object) {
    const url = new URL(path, this.url);
    url.search = new URLSearchParams(query).toString();
    const token = process.env.CONFORMANCE_TOKEN;
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const sent = request(url, { method, headers, agent: this.#agent, timeout }, resolve).on('error', reject);
        sent.on('timeout', () => sent.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })));
        sent.end(body && JSON.stringify(body));
      });
      return { status: response.statusCode ?? 0, body: await buffer(response) };
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      const advice = refused.find(([codes]) => codes.test(code))?.[1] ?? `does not answer (${message})`;
      throw new OperationalError(`${this.url} ${advice}`, { cause: error });
    }
  }
}
