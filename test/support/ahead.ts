/** Loaded by `--import`: the clock of a process that is ahead, or behind, by as many seconds as its environment says. */
const ahead = Number(process.env.SECONDS_AHEAD) * 1000;
const Clock = Date;
globalThis.Date = class extends Clock {
  constructor(...of: unknown[]) {
    super(...((of.length > 0 ? of : [Clock.now() + ahead]) as []));
  }

  static override now = () => Clock.now() + ahead;
} as DateConstructor;
