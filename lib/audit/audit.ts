import type { Context } from 'koa';

import { log } from '../log.ts';
import { nodeId } from '../node_id.ts';
import { seconds } from '../seconds.ts';
import { rowId } from '../store/row.ts';
import { appendTrail, auditTableOf } from '../store/statements.ts';
import type { Store } from '../store/store.ts';
import type { Appended, AuditRow, Entry } from '../store/trail.ts';
import { requestUnderWay } from '../store/unit_of_work.ts';
import type { Link } from './chain.ts';
import type { Signer } from './checkpoint.ts';
import type { Occurrence } from './event.ts';
import { Pseudonyms, sealRecord } from './pseudonyms.ts';
import { asRecord, Trail } from './trail.ts';

/** Settings of the trail. */
export interface AuditOptions {
  readonly sign: Signer;
  /** 32 bytes that all processes share. Only with them can it be told which person a pseudonym stands for. */
  readonly secret: Buffer;
  /** Ends of chains that are known when this process starts. */
  readonly known?: readonly Link[] | undefined;
  /** Records go to the table; default true. */
  readonly database?: boolean | undefined;
  /** Takes records as JSON lines, once they are durable. */
  readonly lines?: { write(text: string): unknown; flushSync(): void; end(): void } | undefined;
}

/** Milliseconds after which records that no statement has taken along are written by one of their own. */
const patience = 1000;
/** Milliseconds after which a chain that has grown is signed. */
const signAfter = 30_000;
/** Records of refusals in a second; whoever is refused more often is not told of each time. */
const refusalsPerSecond = 100;

/** The trail of a store: records become rows with the statement they tell of. */
export class Audit {
  readonly pseudonyms: Pseudonyms;
  readonly #store: Store;
  readonly #trail: Trail;
  readonly #timers: NodeJS.Timeout[];
  #second = 0;
  #refusals = 0;

  readonly #lines: AuditOptions['lines'];

  constructor(store: Store, { secret, lines, ...options }: AuditOptions) {
    const table = store.table.replace('oidc_payloads', 'oidc_pseudonyms');
    this.#store = store;
    this.#lines = lines;
    const written = lines && ((rows: readonly AuditRow[]) => lines.write(rows.map(lineOf).join('')));
    this.#trail = new Trail({ node: nodeId, written, ...options });
    this.pseudonyms = new Pseudonyms({ knex: store.knex, table, seal: store.seal, secret });
    store.trail = this.#trail;
    const quietly = (work: () => Promise<void>) => () =>
      void work().catch(({ message }) => log.error({ reason: message }, 'the trail could not be written'));
    this.#timers = [
      setInterval(
        quietly(() => this.#flush()),
        patience,
      ),
      setInterval(
        quietly(() => this.#sign(true)),
        signAfter,
      ),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /** Name of the table, quoted, with its schema. */
  get table(): string {
    return auditTableOf(this.#store.table);
  }

  /** The ends of this process's chains, for its heartbeat. */
  get ends(): readonly Link[] {
    return this.#trail.ends;
  }

  /**
   * Records something that happened in a request: it becomes durable with the rows that the request writes, or within
   * a second where it writes none.
   */
  record(ctx: Context | undefined, occurrence: Occurrence): void {
    if (occurrence.event.endsWith('.refused') && this.#isFlood()) {
      this.#trail.leaveOut();
      return;
    }
    const unit = requestUnderWay()?.unit(this.#store);
    const at = Date.now();
    if (unit) unit.record((flow) => this.#entry(ctx, { flow, ...occurrence }, at));
    else {
      void Promise.resolve(this.#entry(ctx, occurrence)).then(
        (made) => this.#trail.put(made),
        () => this.#trail.leaveOut(),
      );
    }
  }

  /**
   * Records acts with what they did, in the transaction that does it.
   *
   * @returns to be told whether the transaction was done
   */
  async append(occurrences: readonly Occurrence[], within: Store): Promise<Appended | undefined> {
    const pseudonyms = this.pseudonyms.within(within.knex);
    const entries: Entry[] = [];
    for (const occurrence of occurrences)
      entries.push(await this.#entry(undefined, occurrence, Date.now(), pseudonyms));
    const appended = this.#trail.appendAlone(entries);
    if (!appended || appended.rows.length === 0) return appended;
    try {
      await within.run(appendTrail(within.table, appended.rows));
    } catch (error) {
      appended.failed();
      throw error;
    }
    return appended;
  }

  /** Records what a process did or refused; resolves when it is durable. */
  async write(occurrence: Occurrence): Promise<void> {
    const entry = await this.#entry(undefined, occurrence);
    const appended = this.#trail.append([entry]);
    if (appended) await this.#send(appended);
  }

  /** Writes and signs what is there, and stops. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#flush();
    await this.#sign(true);
    this.#lines?.flushSync();
    this.#lines?.end();
  }

  #isFlood(): boolean {
    const second = seconds();
    if (second !== this.#second) [this.#second, this.#refusals] = [second, 0];
    this.#refusals += 1;
    return this.#refusals > refusalsPerSecond;
  }

  #entry(
    ctx: Context | undefined,
    occurrence: Occurrence,
    at = Date.now(),
    pseudonyms = this.pseudonyms,
  ): Entry | Promise<Entry> {
    const { event, clause, client, grantId, flow, details, by, account } = occurrence;
    const common = {
      at,
      event,
      clause: clause ?? null,
      flow: flow ?? null,
      client: client ?? null,
      grant_id: grantId ? rowId('Grant', grantId) : null,
      interaction_id: ctx?.state?.interactionId ?? null,
      address: ctx?.ip ?? null,
    };
    const said = details || by ? { ...details, by } : undefined;
    if (!account) return { ...common, account: null, record: said ? asRecord(said) : null };
    return pseudonyms.of(account).then(({ name, key }) => ({
      ...common,
      account: name,
      record: said && key ? sealRecord(key, JSON.stringify(said)) : null,
    }));
  }

  async #flush(): Promise<void> {
    const appended = this.#trail.isWaiting ? this.#trail.append([]) : undefined;
    if (appended) await this.#send(appended);
    await this.#sign(false);
  }

  #sign(every: boolean): Promise<void> {
    return this.#trail.sign(every, (appended) => this.#send(appended));
  }

  async #send(appended: Appended): Promise<void> {
    try {
      if (appended.rows.length > 0) await this.#store.run(appendTrail(this.#store.table, appended.rows));
    } catch (error) {
      appended.failed();
      throw error;
    }
    appended.done();
  }
}

const lineOf = ({ record, ...row }: AuditRow) =>
  `${JSON.stringify({ time: new Date(row.at).toISOString(), ...row, record: record && readable(row.account, record) })}\n`;

/**
 * A record as it goes into a file: left sealed where it is about a person, since the erasure of a person does not reach
 * files.
 */
const readable = (account: string | null, record: string) =>
  account === null ? Buffer.from(record, 'hex').toString() : record;
