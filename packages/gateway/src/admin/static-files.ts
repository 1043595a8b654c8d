import { readStaticFiles } from '@rollcall/runtime/admin';
import { Hono } from 'hono';

/**
 * Serves the files of the dashboard's folder.
 * @throws RollcallError ROLLCALL_CONFIG if the folder cannot be read
 */
export async function staticFiles(folder: string): Promise<Hono> {
  const app = new Hono();
  for (const file of await readStaticFiles(folder)) {
    app.get(file.path, (c) => {
      const { headers, body } = file.respond({
        ifNoneMatch: c.req.header('if-none-match'),
        acceptEncoding: c.req.header('accept-encoding'),
      });
      return body === null ? c.body(null, 304, headers) : c.body(body, 200, headers);
    });
  }
  return app;
}
