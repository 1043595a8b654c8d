import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('dist', import.meta.url));

export const dashboardFolder = existsSync(folder) ? folder : undefined;
