/** The whole titles of tests that have a namesake under the same describe. */
export function titlesTwice(suite: Mocha.Suite | undefined): string[] {
  if (!suite) return [];
  const titles = suite.tests.map((test) => test.fullTitle());
  const twice = titles.filter((title, index) => titles.indexOf(title) < index);
  return [...twice, ...suite.suites.flatMap(titlesTwice)];
}
