/**
 * The time in whole seconds since the epoch, by this process's clock, as core judges `exp`; the database's clock is not
 * asked.
 */
export const seconds = (): number => Math.floor(Date.now() / 1000);

/** True for a time in seconds since the epoch that has passed, to the millisecond; false for what is no time. */
export const hasPassed = (time: number): boolean => Number.isFinite(time) && time * 1000 <= Date.now();
