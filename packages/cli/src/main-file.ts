import { fileURLToPath } from 'node:url';

/** The file of the command, beside which the bundle has all of its files. */
export const MAIN_FILE: string = fileURLToPath(new URL('main.js', import.meta.url));
