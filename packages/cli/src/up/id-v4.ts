import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../../../services/id-v4/', import.meta.url));

/** The Go service's program, built if need be; or one line on why there is none. */
export function findIdV4(folder: string = FOLDER): { file: string } | { absent: string } {
  const file = join(folder, 'bin', 'id-v4');
  if (existsSync(file)) return { file };
  if (!existsSync(folder)) {
    return { absent: 'id-v4 is not part of this installation: going on without /v2' };
  }
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
