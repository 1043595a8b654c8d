import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** What is in use after it is not merely waiting to be collected. */
export const collectGarbage: () => void = runInNewContext('gc') as () => void;
