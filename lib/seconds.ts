/**
 * The time in whole seconds since the epoch, by this process's clock, as core judges `exp`; the database's clock is not
 * asked.
 */
export const seconds = (): number => Math.floor(Date.now() / 1000);
