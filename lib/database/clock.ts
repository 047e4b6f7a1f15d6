import type { Knex } from 'knex';

import { OperationalError } from '../errors.ts';
import { log } from '../log.ts';

/** Seconds by which a process's clock and the database's may differ before it is logged. */
export const UNREMARKABLE = 5;

/**
 * Seconds by which they may differ for a process to start. Rows are kept this much longer than core's
 * `clockTolerance` asks for, and a code or token made by a clock further off would live longer than its profile says.
 */
export const TOLERATED = 30;

/** The process's clock less the database's, in milliseconds; it may be wrong by half the time the question took. */
export async function clockOffset(knex: Knex): Promise<number> {
  const asked = Date.now();
  const { rows } = await knex.raw('select extract(epoch from clock_timestamp()) * 1000 as now');
  return Math.round((asked + Date.now()) / 2 - Number(rows[0].now));
}

const told = (offset: number) =>
  `this machine's clock is ${Math.abs(offset / 1000).toFixed(1)} s ${offset > 0 ? 'ahead of' : 'behind'} the database's`;

/** Logs that the clocks differ, where they do by more than chance. */
export function tellClock(offset: number): void {
  if (Math.abs(offset) > UNREMARKABLE * 1000) log.warn({ clock_offset_ms: offset }, `${told(offset)}: run NTP on both`);
}

/**
 * Refuses to start with a clock that is far off.
 *
 * @throws {OperationalError} when the clocks differ so much that lifetimes are not what the configuration says.
 */
export function judgeClock(offset: number): void {
  if (Math.abs(offset) <= TOLERATED * 1000) return;
  throw new OperationalError(`${told(offset)}, ${TOLERATED} s are tolerated: set both, for example by NTP`);
}
