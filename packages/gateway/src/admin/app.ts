import type { Journal } from '@rollcall/protocol';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { AdminDirectory } from './admin-directory.ts';
import { byOwnName, byToken } from './access.ts';
import type { Access } from './access.ts';
import { auditApi } from './audit-api.ts';
import { exposureApi } from './exposure-api.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { ExposureFinding } from '../exposure/exposure.ts';
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
import { readInstancesQuery } from './instances-query.ts';
import { json } from './json.ts';
import { operatorApi } from './operator-api.ts';
import { problem } from './problem.ts';
import { describeCertificates, describeDiscovery, discoveryStateOf, statusView } from './status.ts';
import type { GatewayFacts, StatusView } from './status.ts';
import type { FindTraffic } from './traffic-view.ts';
import { Views } from './views.ts';
import type { InstanceView, ServiceView } from './views.ts';

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
  readonly access: Access;
  /** Who changed what. */
  readonly audit: AuditLog;
  /** Returns how exposed the deployment is. Default: it is not. */
  readonly exposure?: () => readonly ExposureFinding[];
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
  app.route('/', auditApi(options.audit));
  app.route('/', exposureApi(options.exposure ?? (() => [])));
  app.route('/', operatorApi({ ...options, views }));
  return app;
}

/** Whether the gateway is alive, and whether it is ready. */
function healthApi(options: AdminAppOptions): Hono {
  const { directory, journal, certificates, audit, now, epoch } = options;
  const app = new Hono();
  app.get('/health', (c) => c.json({ isAlive: true }));
  app.get('/ready', (c) => {
    const discovery = discoveryStateOf(directory, journal, now());
    const served = describeCertificates(certificates?.() ?? [], now() + epoch());
    const brokers = directory.brokers();
    const audited = audit.state === 'failing' ? ' It cannot write its audit log.' : '';
    const detail = describeDiscovery(discovery, journal, brokers) + served + audited;
    if (discovery === 'expired') return problem(c, 'not-ready', detail);
    return c.json({ isReady: true, discovery, brokers, detail });
  });
  return app;
}

/** What the gateway knows, and why it routes as it does. */
function stateApi(options: AdminAppOptions, views: Views, eventLog: EventLog): Hono {
  const { access, directory, states, rollouts, journal, epoch } = options;
  const status = (c: Context): StatusView => statusView(options, c.get('caller'), views.peers());
  const state = (c: Context): State => ({
    status: status(c),
    services: views.services(),
    instances: views.instances(),
    recent: eventLog.recent,
  });
  const app = new Hono();
  app.get('/api/status', (c) => json(c, status(c)));
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
  const streams = new EventStreams(eventLog);
  app.get('/api/changes', (c) => {
    // The body of an answer to HEAD is not read.
    if (c.req.method === 'HEAD') return c.body(null, 200, EVENT_STREAM);
    const caller = c.get('caller');
    const stream = streams.open(state(c), (end) => access.tokens.hold(caller, end));
    if (stream === undefined) return problem(c, 'too-many-listeners', 'Try again later.');
    return c.body(stream, 200, EVENT_STREAM);
  });
  return app;
}

function unknownMethod(c: Context, methods: string[]): Response {
  const allow = methods.join(', ');
  return problem(c, 'unknown-method', `Allowed methods: ${allow}.`, { allow });
}
