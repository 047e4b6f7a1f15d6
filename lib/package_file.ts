import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The name of the package, and of its command. */
export const name = 'oidc-provider-fapi';

/** The path of one of the package's own files, from the sources and from the build. */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(path, import.meta.resolve('oidc-provider-fapi/package.json')));
}

/** The package's version. */
export const version: string = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')).version;
