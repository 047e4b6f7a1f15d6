import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file or a folder of a tar archive. */
interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly bytes: Uint8Array;
}

/** Bytes of a header, and of every block that follows it. */
const BLOCK = 512;

/** The entries of an archive in the order they stand in, without owners, modes and times. */
function* entries(archive: Buffer): Generator<Entry> {
  for (let at = 0; archive[at]; ) {
    const text = (from: number, length: number) => {
      const [field = ''] = archive.toString('latin1', at + from, at + from + length).split('\0');
      return field.trim();
    };
    const size = Number.parseInt(text(124, 12), 8) || 0;
    const start = at + BLOCK;
    yield { name: text(0, 100), isFolder: text(156, 1) === '5', bytes: archive.subarray(start, start + size) };
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
}

/** The file by which an embedded Postgres knows a folder for its own. */
export const versionFile = 'PG_VERSION';

/**
 * Unpacks a new cluster into the folder of an embedded Postgres, for this user alone. The file that makes it one is
 * written last, so that a process killed in between leaves a folder that is unpacked again. The embedded Postgres can
 * unpack by itself, file by file through its own file system: that takes six times as long.
 *
 * @param archive a tar archive with names of at most 100 characters, as the embedded Postgres packs its folder.
 */
export function unpackCluster(archive: Buffer, folder: string): void {
  const write = ({ name, bytes }: Entry) => writeFileSync(join(folder, name), bytes, { mode: 0o600 });
  let last: Entry | undefined;
  for (const entry of entries(archive)) {
    if (entry.isFolder) mkdirSync(join(folder, entry.name), { recursive: true, mode: 0o700 });
    else if (entry.name.replace(/^\/+/, '') === versionFile) last = entry;
    else write(entry);
  }
  if (last) write(last);
}
