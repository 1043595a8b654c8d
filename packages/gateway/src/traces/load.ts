import { RollcallError } from '@rollcall/protocol';
import type * as Tracer from './tracer.ts';

const PACKAGES = [
  '@opentelemetry/api',
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace-base',
];

/**
 * Loads the tracer, and with it OpenTelemetry's SDK, which is installed only where it is wanted.
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
      `OTEL_EXPORTER_OTLP_ENDPOINT asks for traces, which need: npm install ${PACKAGES.join(' ')}`,
      { cause: error },
    );
  }
}
