import { existsSync } from 'node:fs';
import { PROGRAMS } from './processes.ts';

// What a test needs that a machine may lack. Under CI=true scripts/test.js takes a skip for a failure.

/** The services in Go were built. */
export const hasGo: boolean = existsSync(PROGRAMS.idV4);

/** soketi runs on Node 20 alone. */
export const hasSoketi: boolean = process.versions.node.startsWith('20.');
