import { OperationalError } from './errors.ts';

const missing = /^Cannot find (?:package|module) '((?:@[^/']+\/)?[^/']+)/;

/**
 * Loads modules out of packages that not everybody has.
 *
 * @param use for which they are needed, the subject of the sentence.
 * @throws {OperationalError} one line that says which package to install.
 */
export async function installed<T>(use: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const [, name] = (code === 'ERR_MODULE_NOT_FOUND' && missing.exec(message)) || [];
    if (name === undefined) throw cause;
    throw new OperationalError(`${use} needs the package ${name}, which is not installed: npm install ${name}`, {
      cause,
    });
  }
}
