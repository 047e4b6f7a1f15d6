import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { succeeds, until } from './until.ts';

export const execute = promisify(execFile);
const modules = join(process.cwd(), 'node_modules');

/** The package as `npm pack` makes it. */
interface Packed {
  readonly tarball: string;
  /** Its paths. */
  readonly files: readonly string[];
  /** Where it is unpacked. */
  readonly folder: string;
}

let making: Promise<Packed> | undefined;

async function pack(folder: string): Promise<Packed> {
  const { stdout } = await execute('npm', ['pack', '--json', '--pack-destination', folder]);
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string; files: { path: string }[] }];
  const tarball = join(folder, packed.filename);
  await execute('tar', ['-xzf', tarball, '-C', folder]);
  return { tarball, files: packed.files.map(({ path }) => path), folder: join(folder, 'package') };
}

async function alone(): Promise<Packed> {
  const folder = await mkdtemp(join(tmpdir(), 'package-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return pack(folder);
}

/** Whichever process of a run comes first builds, and the others wait for it, for three minutes at most. */
async function among(run: string): Promise<Packed> {
  const folder = join(run, 'packed');
  const done = join(run, 'packed.json');
  if (await succeeds(mkdir(folder))) {
    const made = await pack(folder);
    await writeFile(`${done}.new`, JSON.stringify(made));
    await rename(`${done}.new`, done);
    return made;
  }
  await until(() => existsSync(done), 200, { seconds: 180, why: () => 'that another process builds the package' });
  return JSON.parse(await readFile(done, 'utf8'));
}

/** Builds and packs once for a run. */
export function packed(): Promise<Packed> {
  const { TEST_RUN } = process.env;
  making ??= TEST_RUN ? among(TEST_RUN) : alone();
  return making;
}

type Names = Readonly<Record<string, string>>;
interface PackageJson {
  readonly dependencies: Names;
  readonly optionalDependencies: Names;
  readonly peerDependencies: Names;
  readonly peerDependenciesMeta: Readonly<Record<string, { optional: boolean }>>;
}

/** Which packages a project has besides ours: what npm installs, all that is ours to use, or the ones named. */
export type Installs = 'required' | 'everything' | readonly string[];

async function namesOf(installs: Installs, folder: string): Promise<readonly string[]> {
  if (typeof installs !== 'string') return installs;
  const text = await readFile(join(folder, 'package.json'), 'utf8');
  const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta }: PackageJson = JSON.parse(text);
  const peers = Object.keys(peerDependencies).filter((peer) => peer !== 'mocha');
  return installs === 'everything'
    ? [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]
    : [...Object.keys(dependencies), ...peers.filter((peer) => !peerDependenciesMeta[peer]?.optional)];
}

const tsconfig = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    lib: ['es2024', 'dom', 'dom.iterable'],
    types: ['node'],
    strict: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    resolveJsonModule: true,
    rootDir: '.',
    outDir: 'out',
  },
  files: ['main.ts'],
};

/** A project of a team that has installed the package: what is not declared is not there. */
export interface Project {
  readonly folder: string;
  /** What the compiler says to its `main.ts`, as strictly as it goes, the declarations of libraries included. */
  complaints(): Promise<string>;
  /** Runs the compiled `main.ts`, or what is given to node. */
  run(...args: readonly string[]): Promise<{ stdout: string; stderr: string }>;
  remove(): Promise<void>;
}

/**
 * Installs the package into an empty folder.
 *
 * @param main the text of its `main.ts`, or a folder with all of its files, and packages it has besides.
 */
export async function project(
  main: string | { readonly files: string; readonly others?: readonly string[] },
  installs: Installs,
): Promise<Project> {
  const { folder: source } = await packed();
  const others = (typeof main === 'object' && main.others) || [];
  const folder = await mkdtemp(join(tmpdir(), 'consumer-'));
  const installed = join(folder, 'node_modules', 'oidc-provider-fapi');
  await mkdir(join(folder, 'node_modules', '.bin'), { recursive: true });
  await cp(source, installed, { recursive: true });
  for (const name of new Set([...(await namesOf(installs, source)), ...others, '@types/node'])) {
    await mkdir(dirname(join(folder, 'node_modules', name)), { recursive: true });
    await symlink(join(modules, name), join(folder, 'node_modules', name));
  }
  const command = join(installed, 'dist', 'lib', 'cli.js');
  await chmod(command, 0o755);
  await symlink(command, join(folder, 'node_modules', '.bin', 'oidc-provider-fapi'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', type: 'module', private: true }));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  if (typeof main === 'string') await writeFile(join(folder, 'main.ts'), main);
  else await cp(main.files, folder, { recursive: true });
  return {
    folder,
    async complaints() {
      const { stdout } = await execute(join(modules, '.bin', 'tsc'), ['-p', folder]).catch((error) => error);
      return stdout;
    },
    run: (...args) => {
      const what = args.length === 0 ? ['out/main.js'] : args;
      return execute(process.execPath, ['--disable-warning=ExperimentalWarning', ...what], { cwd: folder });
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
