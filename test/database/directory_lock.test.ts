import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import { lockDirectory } from '../../lib/database/directory_lock.ts';
import { OperationalError } from '../../lib/errors.ts';

/** A container, as far as the kernel is concerned: own process numbers, own network. */
const container = ['unshare', '--pid', '--net', '--ipc', '--fork', '--kill-child'];
const hasContainers = spawnSync(container[0] as string, [...container.slice(1), 'true']).status === 0;

describe('the directory of an embedded database', () => {
  let directory: string;
  const started: ChildProcess[] = [];

  /** Another process that asks for the directory, and its answer. */
  async function owner(...within: readonly string[]): Promise<{ process: ChildProcess; says: string }> {
    const [command = '', ...args] = [...within, process.execPath, join(import.meta.dirname, 'owner.ts'), directory];
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    started.push(child);
    const [says] = await once(child.stdout, 'data');
    return { process: child, says: `${says}`.trim() };
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pglite-'));
  });
  afterEach(async () => {
    for (const child of started.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(directory, { recursive: true });
  });

  it('belongs to one process, and to one database in it', async () => {
    const first = await lockDirectory(directory);

    const second = await lockDirectory(directory).catch((reason) => reason);

    expect(second).to.be.instanceOf(OperationalError);
    expect(second.message).to.contain(`pglite:${directory} is in use by process ${process.pid}`);
    await first();
    await (await lockDirectory(directory))();
  });

  it('is refused while another process has it, and free when that one was killed', async () => {
    const other = await owner();
    expect(other.says).to.equal('held');

    const refused = await lockDirectory(directory).catch((reason) => reason);
    expect(refused).to.be.instanceOf(OperationalError);
    expect(refused.message).to.contain(`process ${other.process.pid}`);

    other.process.kill('SIGKILL');
    await once(other.process, 'exit');
    await (await lockDirectory(directory))();
  });

  it('is one’s who start together where a killed process left its number', async () => {
    await writeFile(join(directory, 'owner.pid'), '4194304\n');
    const owners = await Promise.all(Array.from({ length: 4 }, () => owner()));
    expect(owners.filter(({ says }) => says === 'held')).to.have.length(1);
  });

  if (hasContainers) {
    it('is one container’s, whatever the process numbers and networks', async () => {
      const [one, other] = [await owner(...container), await owner(...container)];
      expect(one.says).to.equal('held');
      expect(other.says).to.contain('is in use by process');
      one.process.kill('SIGKILL');
      await once(one.process, 'exit');
    });
  }

  it('is nobody else’s to read', async () => {
    await chmod(directory, 0o755);
    await (await lockDirectory(directory))();
    expect((await stat(directory)).mode & 0o777).to.equal(0o700);
    await rm(directory, { recursive: true });
    await (await lockDirectory(directory))();
    expect((await stat(directory)).mode & 0o777).to.equal(0o700);
  });

  it('is refused in one line where it cannot be a directory', async () => {
    await writeFile(join(directory, 'file'), '');

    const refused = await lockDirectory(`${directory}/file`).catch((reason) => reason);

    expect(refused).to.be.instanceOf(OperationalError);
    expect(refused.message).to.match(/\/file cannot be written: (EEXIST|ENOTDIR)$/);
  });
});
