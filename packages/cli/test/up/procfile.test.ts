import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readProcfile } from '../../src/up/procfile.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-'));
  file = join(folder, 'Procfile');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('reads services and examples', () => {
  writeFileSync(
    file,
    '# two services\nweb: node server.js --a b\n\nfiles-2:A=1 python3 -m http.server\n# try: curl $GATEWAY/web/\n',
  );
  expect(readProcfile(file)).toEqual({
    folder,
    services: [
      { name: 'web', command: 'node server.js --a b' },
      { name: 'files-2', command: 'A=1 python3 -m http.server' },
    ],
    tries: ['curl $GATEWAY/web/'],
  });
});

it.each([
  ['web: a\nnode server.js', ':2 is "node server.js"; it must be NAME: COMMAND, such as'],
  ['web:', ':1 is "web:"; it must be NAME: COMMAND'],
  ['web: a\nweb: b', ' has two services named web'],
])('refuses %j', (content, message) => {
  writeFileSync(file, content);
  expect(() => readProcfile(file)).toThrow(`${file}${message}`);
});
