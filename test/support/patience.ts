import { vi } from 'vitest';

// Vitest waits one second by default, which is little for a machine with other work. A bound is asserted where it is one.
const PATIENCE_MS = 10_000;

const { waitFor, waitUntil } = vi;
vi.waitFor = (callback, options = PATIENCE_MS) => waitFor(callback, options);
vi.waitUntil = (callback, options = PATIENCE_MS) => waitUntil(callback, options);
