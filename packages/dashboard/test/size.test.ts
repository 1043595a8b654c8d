import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { dashboardFolder } from '@rollcall/dashboard';

it('the built dashboard is smaller than 60 KB when compressed', () => {
  const folder = dashboardFolder ?? 'packages/dashboard/dist is not built';
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
  expect(files.length).toBeGreaterThanOrEqual(4);
  const total = files.reduce((sum, file) => sum + gzipSync(readFileSync(file)).byteLength, 0);
  expect(total).toBeLessThan(60_000);
});
