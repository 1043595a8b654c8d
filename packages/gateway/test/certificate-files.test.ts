import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readCertificate } from '../src/certificate-files.ts';
import { FILES, ONE } from '../../../test/support/certificates.ts';

let folder: string;
let files: { cert: string; key: string };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-'));
  files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  put(FILES.one);
});
afterEach(() => {
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
