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

/** A collector that cannot be reached is tried for ten seconds and more: the gateway has to end before that. */
const MOST_CLOSE_MS = 1000;

/** Makes a span of each request, and sends it to an OpenTelemetry collector. */
export interface Traces {
  /** @param parent a valid traceparent */
  readonly begin: (parent: string | undefined) => Trace;
  /** Sends what is left, for up to a second. */
  close(): Promise<void>;
}

/** Where to, how many and under which name: the SDK's own variables of the environment, `OTEL_*`, say so. */
export function openTraces(): Traces {
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'rollcall-gateway' }))
    .merge(detectResources({ detectors: [envDetector] }));
  const spanProcessors = [new BatchSpanProcessor(new OTLPTraceExporter())];
  // Not registered: a program that the gateway is part of may have a tracer of its own.
  const provider = new BasicTracerProvider({ resource, spanProcessors });
  const tracer = provider.getTracer('rollcall-gateway');
  return {
    begin: (parent) => new RequestTrace(tracer, parent),
    async close() {
      await Promise.race([provider.shutdown(), sleep(MOST_CLOSE_MS, undefined, { ref: false })]);
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

  ended(exchanged: RequestSummary): void {
    const span = this.#span;
    const { method, prefix } = exchanged;
    // A name of few values: the path is an attribute.
    span.updateName(prefix === undefined ? method : `${method} ${prefix || '/'}`);
    span.setAttributes(attributesOf(exchanged));
    if (isFailure(exchanged)) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }
}

/** The client's context (https://www.w3.org/TR/trace-context/#traceparent-header), or none. */
function contextOf(parent: string | undefined): Context {
  if (parent === undefined) return ROOT_CONTEXT;
  const [, traceId = '', spanId = '', flags = '00'] = parent.split('-');
  const traceFlags = Number.parseInt(flags, 16) & 1;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

/** By OpenTelemetry's semantic conventions for HTTP servers; no query, which may have secrets. */
function attributesOf(exchanged: RequestSummary): Attributes {
  const { target, prefix, instance, problem } = exchanged;
  return {
    'http.request.method': exchanged.method,
    'http.response.status_code': exchanged.status,
    'url.path': target.split('?', 1)[0] ?? '',
    'server.address': exchanged.host,
    'client.address': exchanged.client,
    ...(prefix !== undefined && { 'http.route': prefix || '/' }),
    ...(problem !== undefined && { 'error.type': problem }),
    ...(instance !== undefined && { 'rollcall.instance': instance }),
    'rollcall.request_id': exchanged.requestId,
  };
}
