import { RollcallError } from '@rollcall/protocol';
import type * as Tracer from './tracer.ts';

const PACKAGES = [
  '@opentelemetry/api',
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace-base',
];

/**
 * Loads the tracer and OpenTelemetry's SDK, which is an optional peer dependency.
 * @throws RollcallError ROLLCALL_CONFIG if it is not installed
 */
export async function loadTracer(): Promise<typeof Tracer> {
  try {
    return await import('./tracer.ts');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'))
      throw error;
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      `OTEL_EXPORTER_OTLP_ENDPOINT is set, but traces need packages that are not installed: npm install ${PACKAGES.join(' ')}`,
      { cause: error },
    );
  }
}
