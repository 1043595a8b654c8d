import { Hono } from 'hono';
import type { ExposureFinding } from '../exposure/exposure.ts';
import { json } from './json.ts';

/** How exposed a deployment is, as far as its gateway knows. */
export interface ExposureView {
  /** What to end first comes first. */
  readonly findings: readonly ExposureFinding[];
}

/** How exposed the deployment is, and what to do. */
export function exposureApi(exposure: () => readonly ExposureFinding[]): Hono {
  const app = new Hono();
  app.get('/api/exposure', (c) => {
    const view: ExposureView = { findings: exposure() };
    return json(c, view);
  });
  return app;
}
