import { stat } from 'node:fs/promises';

/** Milliseconds from one look at the files to the next. */
const every = 1000;

/**
 * A mark of a file as it is now. It is another one when the file is changed, replaced by a rename, or behind a symbolic
 * link that is.
 */
const markOf = (file: string): Promise<string> =>
  stat(file).then(
    ({ mtimeMs, ctimeMs, size, ino }) => [mtimeMs, ctimeMs, size, ino].join(),
    () => 'absent',
  );

/**
 * Looks at files once a second, and says when one of them has changed and then stayed as it is for a second: two files
 * that belong together are written one after the other. Watching by the operating system misses what is mounted, linked
 * or replaced as a whole folder.
 *
 * @param files their names, asked each time.
 * @param changed not asked again before it has ended.
 * @returns stops it, after a change that is being taken.
 */
export function watchFiles(files: () => readonly string[], changed: () => Promise<unknown>): () => Promise<void> {
  const marks = async () =>
    (await Promise.all(files().map(async (file) => `${file} ${await markOf(file)}`))).join('\n');
  let known: string | undefined;
  let seen: string | undefined;
  let looking = marks().then((now) => {
    known = now;
  });
  let isBusy = false;
  async function look(): Promise<void> {
    const now = await marks();
    const isSettled = now === seen;
    seen = now;
    if (now === known || !isSettled) return;
    known = now;
    await changed();
    // It may name other files now.
    known = seen = await marks();
  }
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    looking = looking
      .then(look)
      .catch(() => {})
      .then(() => {
        isBusy = false;
      });
  }, every).unref();
  return async () => {
    clearInterval(timer);
    await looking;
  };
}
