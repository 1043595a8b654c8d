import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { RollcallError } from '@rollcall/protocol';

/** The kinds of files that are served. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The fields of a request that decide what is sent of a file. */
export interface FileRequest {
  readonly ifNoneMatch: string | undefined;
  readonly acceptEncoding: string | undefined;
}

export interface FileResponse {
  readonly headers: Readonly<Record<string, string>>;
  /** Null if the client has it: the status is 304 then, and 200 otherwise. */
  readonly body: Uint8Array<ArrayBuffer> | null;
}

/** A file of a dashboard, in memory. */
export class StaticFile {
  /** The path of its URL: `/` or `/assets/index-1a2b3c.js`. */
  readonly path: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #body: Uint8Array<ArrayBuffer>;
  readonly #gzipped: Uint8Array<ArrayBuffer>;

  private constructor(
    path: string,
    body: Uint8Array<ArrayBuffer>,
    gzipped: Uint8Array<ArrayBuffer>,
  ) {
    this.path = path;
    this.#body = body;
    this.#gzipped = gzipped;
    // Vite puts a hash of the content into the names of assets.
    const isNamedByContent = path.startsWith('/assets/');
    this.#headers = {
      'content-type': CONTENT_TYPES[path === '/' ? '.html' : extname(path)] ?? '',
      'cache-control': isNamedByContent ? 'max-age=31536000, immutable' : 'no-cache',
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
      vary: 'accept-encoding',
    };
  }

  static async read(path: string, file: string): Promise<StaticFile> {
    const body = new Uint8Array(await readFile(file));
    return new StaticFile(path, body, new Uint8Array(await promisify(gzip)(body)));
  }

  respond({ ifNoneMatch, acceptEncoding = '' }: FileRequest): FileResponse {
    const headers = this.#headers;
    if (ifNoneMatch === headers['etag']) return { headers, body: null };
    // Browsers list gzip or leave it out; none sends it with a quality of 0.
    if (!/\bgzip\b/.test(acceptEncoding)) return { headers, body: this.#body };
    return { headers: { ...headers, 'content-encoding': 'gzip' }, body: this.#gzipped };
  }
}

/**
 * Reads the files of a folder once, because a dashboard is small.
 *
 * @param page - the page that is served at `/`. The other pages of the folder are left out.
 * @throws RollcallError ROLLCALL_CONFIG if the folder cannot be read
 */
export async function readStaticFiles(
  folder: string,
  page = 'index.html',
): Promise<readonly StaticFile[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile() && extname(entry.name) in CONTENT_TYPES)
      .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
      .filter((path) => extname(path) !== '.html' || path === page);
    return await Promise.all(
      paths.map((path) =>
        StaticFile.read(path === page ? '/' : `/${path.split(sep).join('/')}`, join(folder, path)),
      ),
    );
  } catch (error) {
    const { message } = error as Error;
    throw new RollcallError('ROLLCALL_CONFIG', `the dashboard cannot be read: ${message}`);
  }
}
