/** Closes what was opened, last opened first, and reports every failure. */
export class Resources {
  readonly #releases: (() => unknown)[] = [];

  add<T>(resource: T, release: (resource: T) => unknown): T {
    this.#releases.push(() => release(resource));
    return resource;
  }

  /** @throws AggregateError with every failure, after all releases were tried. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const release of this.#releases.splice(0).reverse()) {
      try {
        await release();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'shutdown did not complete cleanly');
  }
}
