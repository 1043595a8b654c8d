import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests run on the sources: a failing line is a line of src/, and no build stands between.
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['{packages,services}/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
