import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readCertificate, watchCertificate } from '../../src/proxy/certificate-files.ts';
import { FILES, ONE, TWO } from './certificates.ts';

let folder: string;
let files: { cert: string; key: string };
let stop: () => void = () => {};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-'));
  files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  put(FILES.one);
});
afterEach(() => {
  stop();
  rmSync(folder, { recursive: true });
});

function put({ cert, key }: { cert: string; key: string }): void {
  copyFileSync(cert, files.cert);
  copyFileSync(key, files.key);
}

it('are read', () => {
  expect(readCertificate(files)).toEqual(ONE);
});

it('that are not there, or do not belong together, are a mistake of the configuration', () => {
  expect(() => readCertificate({ ...files, key: join(folder, 'none') })).toThrow(
    expect.objectContaining({
      code: 'ROLLCALL_CONFIG',
      message: expect.stringMatching(/none cannot be read: ENOENT$/) as string,
    }),
  );
  expect(() => readCertificate({ ...files, key: FILES.two.key })).toThrow(/belong together/);
});

it('are read again when they change, and what cannot be used is told', async () => {
  const told: unknown[] = [];
  stop = watchCertificate(files, {
    onChange: (certificate) => told.push(certificate),
    onFault: ({ code }) => told.push(code),
    everyMs: 20,
  });
  writeFileSync(files.cert, 'damaged');
  await expect.poll(() => told).toEqual(['ROLLCALL_CONFIG']);
  told.length = 0;
  put(FILES.two);
  await expect.poll(() => told.at(-1)).toEqual(TWO);
  stop();
  expect(readFileSync(files.cert)).toEqual(TWO.cert);
});
