import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why this machine cannot mount a small disk; undefined if it can. */
export function whyNoSmallDisk(): string | undefined {
  try {
    new SmallDisk().end();
    return undefined;
  } catch (error) {
    return `needs to mount a tmpfs: ${String(error)}`;
  }
}

/** A file system of 64 KiB. */
export class SmallDisk {
  readonly folder: string;
  readonly #filler: string;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'rollcall-disk-'));
    this.#filler = join(this.folder, 'filler');
    run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', this.folder);
  }

  /** Takes all the space that is left. */
  fill(): void {
    const { bavail, bsize } = statfsSync(this.folder);
    writeFileSync(this.#filler, Buffer.alloc(bavail * bsize));
  }

  free(): void {
    rmSync(this.#filler, { force: true });
  }

  end(): void {
    run('umount', '--lazy', this.folder);
    rmSync(this.folder, { recursive: true });
  }
}

function run(command: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error((error?.message ?? stderr).trim());
}
