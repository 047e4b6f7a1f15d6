import { ConfigError, OperationalError, UsageError } from './errors.ts';
import { installed } from './installed.ts';
import { checkLogLevel, logTo } from './log.ts';
import { name } from './package_file.ts';
import { plain } from './plain_text.ts';
import { redacted } from './redact.ts';

/**
 * The stack of an error and its causes, without their properties: the error of a URL that does not parse has the URL in
 * one of them, with its password.
 */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${typeof error}`;
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

/**
 * Text without characters that move a terminal's cursor; lines stay lines. An error may repeat what somebody else has
 * written.
 */
const shown = (text: string) => text.split('\n').map(plain).join('\n');

/** The exit code: 2 where what was asked for is wrong, 1 where it could not be done, 0 where it was done. */
function exitCode(error: unknown): number {
  // commander's, which is not loaded where it is not installed.
  if (error instanceof Error && 'exitCode' in error) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigError) {
    console.error(error.message);
    return 2;
  }
  if (error instanceof UsageError) {
    console.error(shown(`${name}: ${error.message}`));
    return 2;
  }
  console.error(error instanceof OperationalError ? shown(`${name}: ${error.message}`) : redacted(stackOf(error)));
  return 1;
}

/** Runs the command of a command line and sets the exit code of the process; every error is told on standard error. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  try {
    checkLogLevel();
    const [{ program }, { standardError }] = await installed('the command line', () =>
      Promise.all([import('./program.ts'), import('./standard_error.ts')]),
    );
    logTo(standardError());
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = exitCode(error);
  }
}
