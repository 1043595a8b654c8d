/** Which requests are logged, and where. */
export const ACCESS_LOG_SETTINGS = {
  to: {
    type: 'choice',
    words: ['off', 'stdout', 'stderr'],
    default: 'off',
    flag: '--access-log <where>',
    env: 'ROLLCALL_ACCESS_LOG',
    doc: 'Where a line of JSON is written for each request.',
  },
  sample: {
    type: 'share',
    default: 1,
    flag: '--access-log-sample <share>',
    env: 'ROLLCALL_ACCESS_LOG_SAMPLE',
    doc: 'Share of the successful requests that are logged. Failed ones always are.',
  },
  includeQuery: {
    type: 'boolean',
    default: false,
    doc: 'Whether the query of a request is logged. It may hold secrets.',
  },
} as const;

/** What is written of each request. */
export const LOGGING_SETTINGS = {
  accessLog: {
    type: 'group',
    settings: ACCESS_LOG_SETTINGS as typeof ACCESS_LOG_SETTINGS,
    doc: 'Which requests are logged, and where.',
  },
  traces: {
    type: 'boolean',
    default: false,
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    isTrueIfSet: true,
    doc: 'Whether a span of each request goes to an OpenTelemetry collector. Setting the address of the collector turns it on.',
  },
} as const;
