import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Runs the garbage collector, so that memory in use afterwards is really referenced. */
export const collectGarbage: () => void = runInNewContext('gc') as () => void;
