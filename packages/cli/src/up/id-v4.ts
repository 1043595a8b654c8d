import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The Go service's program, built if need be; or one line on why there is none. */
export function findIdV4(folder: string = idV4Folder()): { file: string } | { absent: string } {
  const file = join(folder, 'bin', 'id-v4');
  if (existsSync(file)) return { file };
  const built = spawnSync('go', ['build', '-trimpath', '-o', file, '.'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (built.error !== undefined) {
    return { absent: 'Go is not on this machine: going on without id-v4 (/v2)' };
  }
  if (built.status !== 0) {
    return { absent: `id-v4 does not build: ${built.stderr.trim().replace(/\s+/g, ' ')}` };
  }
  return { file };
}

/** Its package has the sources, and when it was installed also those of all that it needs. */
function idV4Folder(): string {
  return dirname(fileURLToPath(import.meta.resolve('@rollcall/id-v4/package.json')));
}
