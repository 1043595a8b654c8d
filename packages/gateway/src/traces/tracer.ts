import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { isFailure } from '../access-log/entry.ts';
import type { RequestSummary, Trace } from '@rollcall/proxy';

/** The exporter retries an unreachable collector for more than ten seconds, but the gateway must end before that. */
const MAX_CLOSE_MS = 1000;

/** Exports each request as a span to an OpenTelemetry collector. */
export interface Traces {
  /**
   * Starts the span of a request.
   * @param parent a valid traceparent
   */
  readonly begin: (parent: string | undefined) => Trace;
  /** Sends the remaining spans, for at most a second. */
  close(): Promise<void>;
}

/** Destination, sampling and service name come from the SDK's own environment variables, `OTEL_*`. */
export function openTraces(): Traces {
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'rollcall-gateway' }))
    .merge(detectResources({ detectors: [envDetector] }));
  const spanProcessors = [new BatchSpanProcessor(new OTLPTraceExporter())];
  // Not registered globally: a program that embeds the gateway may have its own tracer.
  const provider = new BasicTracerProvider({ resource, spanProcessors });
  const tracer = provider.getTracer('rollcall-gateway');
  return {
    begin: (parent) => new RequestTrace(tracer, parent),
    async close() {
      await Promise.race([provider.shutdown(), sleep(MAX_CLOSE_MS, undefined, { ref: false })]);
    },
  };
}

class RequestTrace implements Trace {
  readonly traceparent: string;
  readonly #span: Span;

  constructor(tracer: Tracer, parent: string | undefined) {
    this.#span = tracer.startSpan('request', { kind: SpanKind.SERVER }, contextOf(parent));
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    this.traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  ended(request: RequestSummary): void {
    const span = this.#span;
    const { method, route } = request;
    // Names must have few values, so the path is an attribute.
    span.updateName(route === undefined ? method : `${method} ${route || '/'}`);
    span.setAttributes(attributesOf(request));
    if (isFailure(request)) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }
}

/** Returns the client's context (https://www.w3.org/TR/trace-context/#traceparent-header), if it sent one. */
function contextOf(parent: string | undefined): Context {
  if (parent === undefined) return ROOT_CONTEXT;
  const [, traceId = '', spanId = '', flags = '00'] = parent.split('-');
  const traceFlags = Number.parseInt(flags, 16) & 1;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

/** Follows OpenTelemetry's semantic conventions for HTTP servers. Leaves out the query, which may hold secrets. */
function attributesOf(request: RequestSummary): Attributes {
  const { target, route, instance, problem, filter } = request;
  return {
    'http.request.method': request.method,
    'http.response.status_code': request.status,
    'url.path': target.split('?', 1)[0] ?? '',
    'server.address': request.host,
    'client.address': request.client,
    ...(route !== undefined && { 'http.route': route || '/' }),
    ...(problem !== undefined && { 'error.type': problem }),
    ...(instance !== undefined && { 'rollcall.instance': instance }),
    ...(filter !== undefined && { 'rollcall.filter': filter }),
    'rollcall.request_id': request.requestId,
  };
}
