import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import { openDatabase } from '../../lib/database/database.ts';
import { OperationalError } from '../../lib/errors.ts';

describe('the directory of an embedded database', () => {
  let directory: string;
  const open = () => openDatabase({ url: `pglite:${directory}` });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pglite-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('belongs to one process, and to one database in it', async () => {
    const first = await open();

    const second = await open().catch((reason) => reason);

    expect(second).to.be.instanceOf(OperationalError);
    expect(second.message).to.contain(`pglite:${directory} is in use by process ${process.pid}`);
    await first.close();
    await (await open()).close();
  });

  it('is refused while another process has it, and taken over from one that was killed', async () => {
    const other = spawn('sleep', ['60']);
    await writeFile(join(directory, 'owner.pid'), `${other.pid}\n`);

    const refused = await open().catch((reason) => reason);
    expect(refused).to.be.instanceOf(OperationalError);
    expect(refused.message).to.contain(`process ${other.pid}`);

    other.kill('SIGKILL');
    await once(other, 'exit');
    await (await open()).close();
  });

  it('is refused in one line where it cannot be a directory', async () => {
    await writeFile(join(directory, 'file'), '');

    const refused = await openDatabase({ url: `pglite:${directory}/file` }).catch((reason) => reason);

    expect(refused).to.be.instanceOf(OperationalError);
    expect(refused.message).to.match(/\/file cannot be written: (EEXIST|ENOTDIR)$/);
  });

  it('is taken over from a killed process that had our number, as in a container started again', async () => {
    await writeFile(join(directory, 'owner.pid'), `${process.pid}\n`);

    await (await open()).close();
  });
});
