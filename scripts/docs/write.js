// `npm run docs`: writes what the documents have from the code. The checks compare it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../steps.js';
import { apiPages } from './api.js';
import { announcementFiles } from './announcement.js';
import { cliDocsFaults } from './cli.js';
import { configDocsFaults } from './config.js';

const { pages, faults: undocumented } = apiPages();
for (const [file, text] of [...pages, ...(await announcementFiles())]) {
  mkdirSync(dirname(join(ROOT, file)), { recursive: true });
  writeFileSync(join(ROOT, file), text);
}
const faults = [
  ...undocumented,
  ...(await cliDocsFaults({ write: true })),
  ...(await configDocsFaults({ write: true })),
];
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;
