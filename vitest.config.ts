import { configDefaults, defineConfig } from 'vitest/config';

/** Bounds in seconds, held by real processes: with other tests beside them it would be these that are measured. */
const BOUNDS = 'test/e2e/truth/**/*.test.ts';

/** They take the machine's CPU time from others, and from themselves. */
const HOSTILE = 'test/hostile/*.test.ts';

/** They try no program, or only the tools of the project: what runs Node is of no consequence to them. */
const ANY_NODE = 'test/{bench,docs,mutants,simulation}/**/*.test.ts';

/** Each of these runs Vitest itself, with as many workers. */
const NODES = 'test/nodes/*.test.ts';

/** Engines and builds of images take both cores. */
const CONTAINERS = 'test/containers/**/*.test.ts';

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['{packages,services}/*/test/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ANY_NODE, HOSTILE, BOUNDS, NODES, CONTAINERS],
          // Most wait for processes and for time more than they compute: four at once keep two cores busy.
          maxWorkers: 4,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'any-node', include: [ANY_NODE], maxWorkers: 4, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'hostile',
          include: [HOSTILE],
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          testTimeout: 90_000,
        },
      },
      {
        extends: true,
        test: { name: 'bounds', include: [BOUNDS], maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
      {
        extends: true,
        test: { name: 'nodes', include: [NODES], maxWorkers: 1, sequence: { groupOrder: 3 } },
      },
      {
        extends: true,
        test: {
          name: 'containers',
          include: [CONTAINERS],
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
          testTimeout: 120_000,
          hookTimeout: 900_000,
        },
      },
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // The same patience for each way to wait.
    setupFiles: ['test/support/patience.ts'],
    expect: { poll: { timeout: 10_000 } },
  },
  // Tests run on the sources: a failing line is a line of src/, and no build stands between.
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
});
