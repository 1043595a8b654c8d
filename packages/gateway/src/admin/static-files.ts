import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { RollcallError } from '@rollcall/protocol';
import { Hono } from 'hono';
import type { Context } from 'hono';

/** The kinds of files that are served. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface StaticFile {
  /** The path of its URL: `/` or `/assets/index-1a2b3c.js`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
}

/**
 * Serves the files of a folder, which it reads once and keeps in memory: a dashboard is small.
 * @throws RollcallError ROLLCALL_CONFIG if the folder cannot be read
 */
export async function staticFiles(folder: string): Promise<Hono> {
  const app = new Hono();
  for (const file of await readFiles(folder)) app.get(file.path, (c) => send(c, file));
  return app;
}

function send(c: Context, { headers, body, gzipped }: StaticFile): Response {
  if (c.req.header('if-none-match') === headers['etag']) return c.body(null, 304, headers);
  // Browsers list gzip or leave it out; none sends it with a quality of 0.
  if (!/\bgzip\b/.test(c.req.header('accept-encoding') ?? '')) return c.body(body, 200, headers);
  return c.body(gzipped, 200, { ...headers, 'content-encoding': 'gzip' });
}

async function readFiles(folder: string): Promise<StaticFile[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && extname(entry.name) in CONTENT_TYPES);
    return await Promise.all(
      files.map(({ parentPath, name }) => readStaticFile(folder, join(parentPath, name))),
    );
  } catch (error) {
    const { message } = error as Error;
    throw new RollcallError('ROLLCALL_CONFIG', `the dashboard cannot be read: ${message}`);
  }
}

async function readStaticFile(folder: string, file: string): Promise<StaticFile> {
  const path = `/${relative(folder, file).split(sep).join('/')}`.replace(/\/index\.html$/, '/');
  const body = new Uint8Array(await readFile(file));
  // Vite puts a hash of the content into the names of assets.
  const isNamedByContent = path.startsWith('/assets/');
  return {
    path,
    body,
    gzipped: new Uint8Array(await promisify(gzip)(body)),
    headers: {
      'content-type': CONTENT_TYPES[extname(file)] ?? '',
      'cache-control': isNamedByContent ? 'max-age=31536000, immutable' : 'no-cache',
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
      vary: 'accept-encoding',
    },
  };
}
