import { fileURLToPath } from 'node:url';

/**
 * The folder of the .proto files: of this package, and in the bundle of the command of that package. Both have it
 * beside `dist`, so this file stays at the top of the sources.
 */
export const PROTO_FOLDER: string = fileURLToPath(new URL('../proto', import.meta.url));
