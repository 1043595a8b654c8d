import type { Directory } from '@rollcall/client';
import { parsePrefix, quote } from '@rollcall/protocol';
import type { Journal } from '@rollcall/protocol';
import { withIsoTimes } from '@rollcall/runtime';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { byOwnName, byToken } from './access.ts';
import type { AccessOptions } from './access.ts';
import { EventLog } from './event-log.ts';
import type { Event } from './event-log.ts';
import { EventStreams } from './event-stream.ts';
import { explain } from './explain.ts';
import type { DryRun } from '../routing/dry-run.ts';
import { readExplainQuery } from './explain-query.ts';
import type { CertificateView } from '../certificates/views.ts';
import type { InstanceStates } from '../traffic/instance-states.ts';
import { headers } from './headers.ts';
import type { Rollouts } from '../rollout/rollouts.ts';
import { readVersionQuery } from './version-query.ts';
import { readInstancesQuery } from './instances-query.ts';
import { problem } from './problem.ts';
import { describeCertificates, describeDiscovery, discoveryStateOf, statusView } from './status.ts';
import type { GatewayFacts, StatusView } from './status.ts';
import type { FindTraffic } from './traffic-view.ts';
import { Views } from './views.ts';
import type { InstanceView, ServiceView } from './views.ts';

export type AdminDirectory = Pick<
  Directory,
  | 'on'
  | 'isConnected'
  | 'brokers'
  | 'knows'
  | 'prefixes'
  | 'instances'
  | 'routable'
  | 'peers'
  | 'presence'
  | 'drain'
  | 'forget'
  | 'forgetPrefix'
>;

/** The first event of the stream of changes. */
export interface State {
  /** The gateway itself. */
  readonly status: StatusView;
  /** All services, by prefix. */
  readonly services: readonly ServiceView[];
  /** All instances, without their traffic. */
  readonly instances: readonly InstanceView[];
  /** The latest events in the order they happened. */
  readonly recent: readonly Event[];
}

export interface AdminAppOptions {
  readonly gateway: GatewayFacts;
  readonly access: AccessOptions;
  readonly directory: AdminDirectory;
  readonly states: Pick<InstanceStates, 'read' | 'listen'>;
  readonly journal: Journal;
  /** Runs a request through routing, up to the instance. */
  readonly dryRun: DryRun;
  /** Finds the traffic of an instance. Default: none is shown. */
  readonly traffic?: FindTraffic;
  /** Returns the certificates. Default: there are none. */
  readonly certificates?: () => readonly CertificateView[];
  /** What was decided about versions. Default: none are shown. */
  readonly rollouts?: Pick<Rollouts, 'of' | 'decide' | 'listen'>;
  /** Served without the token: the files of the dashboard. Default: none. */
  readonly pages?: Hono;
  /** The clock of the directory and the journal. */
  readonly now: () => number;
  /** Add it to that clock to get milliseconds since 1970. */
  readonly epoch: () => number;
}

const EVENT_STREAM = { 'content-type': 'text/event-stream' };

/** The admin API: the state of the gateway, and drains by operators. docs/reference/openapi.yaml describes it. */
export function adminApp(options: AdminAppOptions): Hono {
  const { access, directory, states, rollouts, epoch, now } = options;
  const views = new Views(options);
  const eventLog = new EventLog({
    directory,
    states,
    rollouts,
    views,
    now: () => now() + epoch(),
  });
  const app = new Hono();
  app.use(headers, byOwnName(access), methodNotAllowed({ app, onMethodNotAllowed: unknownMethod }));
  app.notFound((c) => problem(c, 'unknown-path', 'docs/reference/openapi.yaml lists all paths.'));
  app.onError((error, c) => problem(c, 'internal', error.message));
  app.route('/', healthApi(options));
  if (options.pages !== undefined) app.route('/', options.pages);
  app.use(byToken(access));
  app.route('/', stateApi(options, views, eventLog));
  app.route('/', operatorApi(options, views));
  return app;
}

/** Whether the gateway is alive, and whether it is ready. */
function healthApi({ directory, journal, certificates, now, epoch }: AdminAppOptions): Hono {
  const app = new Hono();
  app.get('/health', (c) => c.json({ isAlive: true }));
  app.get('/ready', (c) => {
    const discovery = discoveryStateOf(directory, journal, now());
    const served = describeCertificates(certificates?.() ?? [], now() + epoch());
    const brokers = directory.brokers();
    const detail = describeDiscovery(discovery, journal, brokers) + served;
    if (discovery === 'expired') return problem(c, 'not-ready', detail);
    return c.json({ isReady: true, discovery, brokers, detail });
  });
  return app;
}

/** What the gateway knows, and why it routes as it does. */
function stateApi(options: AdminAppOptions, views: Views, eventLog: EventLog): Hono {
  const { directory, states, rollouts, journal, epoch } = options;
  const status = (): StatusView => statusView(options, views.peers());
  const state = (): State => ({
    status: status(),
    services: views.services(),
    instances: views.instances(),
    recent: eventLog.recent,
  });
  const app = new Hono();
  app.get('/api/status', (c) => json(c, status()));
  app.get('/api/services', (c) => json(c, { services: views.services() }));
  app.get('/api/instances', (c) => {
    const query = readInstancesQuery(c.req.queries());
    if (typeof query === 'string') return problem(c, 'bad-query', query);
    return json(c, { instances: views.instances(query) });
  });
  app.get('/api/explain', async (c) => {
    const request = readExplainQuery(c.req.queries(), options.gateway);
    if (typeof request === 'string') return problem(c, 'bad-query', request);
    const outcome = await options.dryRun(request);
    return json(
      c,
      explain(request, outcome, { directory, states, rollouts, journal, epoch: epoch() }),
    );
  });
  const streams = new EventStreams(eventLog, state);
  app.get('/api/changes', (c) => {
    // The body of an answer to HEAD is not read.
    if (c.req.method === 'HEAD') return c.body(null, 200, EVENT_STREAM);
    const stream = streams.open();
    if (stream === undefined) return problem(c, 'too-many-listeners', 'Try again later.');
    return c.body(stream, 200, EVENT_STREAM);
  });
  return app;
}

/** What an operator changes: drains, instances and services that are forgotten, and decisions about versions. */
function operatorApi({ directory, rollouts }: AdminAppOptions, views: Views): Hono {
  const app = new Hono();
  function drain(c: Context, isDrained: boolean): Response {
    const key = c.req.param('key') ?? '';
    directory.drain(key, isDrained);
    const [view] = views.instances({ keys: [key] });
    if (view === undefined)
      return problem(c, 'unknown-instance', `No instance has the key ${quote(key)}.`);
    return json(c, view);
  }
  app.post('/api/instances/:key/drain', (c) => drain(c, true));
  app.post('/api/instances/:key/undrain', (c) => drain(c, false));
  app.post('/api/instances/:key/forget', (c) => {
    const key = c.req.param('key');
    const [view] = views.instances({ keys: [key] });
    if (view === undefined)
      return problem(c, 'unknown-instance', `No instance has the key ${quote(key)}.`);
    if (view.status !== 'down')
      return problem(
        c,
        'not-down',
        `It is ${view.status}: only an instance that is down is forgotten.`,
      );
    directory.forget(key);
    return json(c, view);
  });
  app.post('/api/services/forget', (c) => {
    const parsed = parsePrefix(c.req.query('prefix'));
    if (!parsed.ok) return problem(c, 'bad-query', parsed.refusal.reason);
    const prefix = parsed.value;
    const service = views.services().find((each) => each.prefix === prefix);
    if (service === undefined)
      return problem(c, 'unknown-service', `No service has the prefix ${quote(prefix || '/')}.`);
    const instances = directory.instances(prefix);
    if (instances.some(({ status }) => status !== 'down'))
      return problem(c, 'not-down', 'Only a service whose instances are all down is forgotten.');
    // One that is forgotten may have stood for another at its address and port.
    for (let rest = instances; rest.length > 0; rest = directory.instances(prefix))
      for (const { key } of rest) directory.forget(key);
    directory.forgetPrefix(prefix);
    return json(c, service);
  });
  app.post('/api/services/versions', (c) => {
    const query = readVersionQuery(c.req.query());
    if (typeof query === 'string') return problem(c, 'bad-query', query);
    const { prefix, version, state } = query;
    const view = rollouts?.decide(prefix, version, state);
    if (view !== undefined) return json(c, view);
    const named = version === '' ? 'instances without a version' : `version ${quote(version)}`;
    return problem(c, 'unknown-version', `${quote(prefix || '/')} has no ${named}.`);
  });
  return app;
}

function unknownMethod(c: Context, methods: string[]): Response {
  const allow = methods.join(', ');
  return problem(c, 'unknown-method', `Allowed methods: ${allow}.`, { allow });
}

/** Every time in a response is ISO 8601. */
function json(c: Context, body: object): Response {
  return c.body(JSON.stringify(withIsoTimes(body)), 200, { 'content-type': 'application/json' });
}
