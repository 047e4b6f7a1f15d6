/** The error a promise is rejected with; a promise that is not is an error of the test. */
export async function refusal(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => undefined,
    (error: Error) => error,
  );
  if (!outcome) throw new Error('it was not refused');
  return outcome;
}
