import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import { type Browser, chromium } from 'playwright-core';

/** The system's own Chromium. */
function executable(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
  return [process.env.CHROMIUM, ...names.flatMap((name) => folders.map((folder) => join(folder, name)))].find(
    (path) => {
      try {
        if (path) accessSync(path, constants.X_OK);
        return path !== undefined;
      } catch {
        return false;
      }
    },
  );
}

async function launch(): Promise<Browser | undefined> {
  const executablePath = executable();
  if (!executablePath) return undefined;
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
  return chromium.launch({
    executablePath,
    args: [...args, '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** A browser for the tests of a suite; they are skipped on a machine that has none, and fail where CI should have one. */
export async function browserFor(suite: { skip(): never }): Promise<Browser> {
  const launched = await launch();
  if (!launched && process.env.CI) throw new Error('no Chromium, which .ci/run installs');
  return launched ?? suite.skip();
}
