const endings: (() => Promise<unknown> | undefined)[] = [];

/** Has something ended when the tests of this process have: what several files share. A process beside others just ends. */
export const atEnd = (end: () => Promise<unknown> | undefined): void => void endings.push(end);

/** Ends it all, what came last first. */
export async function endAll(): Promise<void> {
  for (const end of endings.splice(0).reverse()) await end();
}
