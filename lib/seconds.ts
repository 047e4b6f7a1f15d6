/** Seconds since the epoch on this process's clock, as core judges `exp`; the database's clock is never asked. */
export const seconds = (): number => Math.floor(Date.now() / 1000);
