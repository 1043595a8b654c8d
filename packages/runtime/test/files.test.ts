import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FILES, ONE } from '../../../test/support/certificates.ts';
import { readCertificate, readTextFile } from '../src/files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

it('reads text', () => {
  expect(readTextFile(write('token', 'a\n'))).toBe('a\n');
});

it('says which file cannot be read, and why', () => {
  const file = join(folder, 'none');
  expect(() => readTextFile(file)).toThrow(
    expect.objectContaining({ code: 'ROLLCALL_CONFIG', message: `cannot read ${file} (ENOENT)` }),
  );
});

it('reads a certificate and its key', () => {
  expect(readCertificate(FILES.one)).toEqual({ cert: String(ONE.cert), key: String(ONE.key) });
});

it('refuses a key that belongs to another certificate', () => {
  const files = { cert: FILES.one.cert, key: FILES.two.key };
  expect(() => readCertificate(files)).toThrow(/belong together/);
});

it('says which certificate cannot be used', () => {
  const files = { cert: write('cert.pem', 'x'), key: write('key.pem', 'y') };
  expect(() => readCertificate(files)).toThrow(
    `the TLS certificate ${files.cert} and key ${files.key} cannot be used (`,
  );
});
