import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Parts as Processes } from '../discovery/parts.js';

/** What a failure has started, and a folder for its files. */
export class Parts extends Processes {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-bench-cluster-'));

  constructor() {
    super();
    this.adoptFolder(this.folder);
  }
}
