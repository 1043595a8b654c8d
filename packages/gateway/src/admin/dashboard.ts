import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Hono } from 'hono';
import type { Context } from 'hono';

/** Where the package has what it was built to. */
const BUILT = join(
  dirname(createRequire(import.meta.url).resolve('@rollcall/dashboard/package.json')),
  'dist',
);
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface StaticFile {
  /** As it is asked for: `/` or `/assets/index-1a2b3c.js`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
}

/**
 * The files of the dashboard, held in memory: they are few and small. They tell nothing of this gateway, and so
 * need no token: what they show, they ask the API for.
 */
export async function dashboard(folder: string = BUILT): Promise<Hono> {
  const app = new Hono();
  for (const file of await filesOf(folder)) app.get(file.path, (c) => answer(c, file));
  return app;
}

function answer(c: Context, { headers, body, gzipped }: StaticFile): Response {
  if (c.req.header('if-none-match') === headers['etag']) return c.body(null, 304, headers);
  // What comes from the build takes gzip or nothing; a quality of 0 nobody sends.
  if (!/\bgzip\b/.test(c.req.header('accept-encoding') ?? '')) return c.body(body, 200, headers);
  return c.body(gzipped, 200, { ...headers, 'content-encoding': 'gzip' });
}

async function filesOf(folder: string): Promise<StaticFile[]> {
  // Sources that were compiled and no more have no dashboard, and work without.
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && extname(entry.name) in TYPES);
  return Promise.all(
    files.map(async ({ parentPath, name }) => {
      const file = join(parentPath, name);
      const path = `/${relative(folder, file).split(sep).join('/')}`.replace(/\/index\.html$/, '/');
      const body = new Uint8Array(await readFile(file));
      // The build puts a hash of the content into these names.
      const isNamedByContent = path.startsWith('/assets/');
      return {
        path,
        body,
        gzipped: new Uint8Array(await promisify(gzip)(body)),
        headers: {
          'content-type': TYPES[extname(name)] ?? '',
          'cache-control': isNamedByContent ? 'max-age=31536000, immutable' : 'no-cache',
          etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
          vary: 'accept-encoding',
        },
      };
    }),
  );
}
