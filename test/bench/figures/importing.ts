import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';

const subjects = { 'oidc-provider': 'oidc-provider', 'the library': join(process.cwd(), 'dist', 'lib', 'index.js') };
/** Fewer tell little: a process starts in a third of a second. */
const least = 15;

/** From the start of a process to the first line of whoever imports: milliseconds, by the clock and of a processor. */
function importing(folder: string, name: string): [wall: number, processor: number] {
  const text = `import '${name}'; const { user, system } = process.cpuUsage();
console.log(JSON.stringify([performance.now(), (user + system) / 1000]));`;
  writeFileSync(join(folder, 'main.mjs'), text);
  return JSON.parse(execFileSync(process.execPath, ['main.mjs'], { cwd: folder, encoding: 'utf8' }));
}

/** Importing the built package, against importing core alone, in turns. */
export async function imports({ repetitions }: Bench): Promise<Figure[]> {
  execFileSync('npm', ['run', 'build'], { stdio: 'ignore' });
  const folder = mkdtempSync(join(tmpdir(), 'importing-'));
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  const own = Object.fromEntries(Object.keys(subjects).map((subject) => [subject, [] as number[]]));
  const [wall, processor] = [own, structuredClone(own)];
  for (let turn = 0; turn < Math.max(repetitions, least); turn += 1) {
    for (const [subject, name] of Object.entries(subjects)) {
      const [milliseconds, ofProcessor] = importing(folder, name);
      wall[subject]?.push(milliseconds);
      processor[subject]?.push(ofProcessor);
    }
  }
  rmSync(folder, { recursive: true });
  const figure = (name: string, values: Record<string, number[]>): Figure => ({
    name,
    unit: 'ms',
    values,
    of: 'the library',
    against: 'oidc-provider',
    goal: { sense: '<=', limit: 1.5 },
  });
  return [figure('import to the first line', wall), figure('import to the first line, processor time', processor)];
}
