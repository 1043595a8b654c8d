import { parsePrefix, quote } from '@rollcall/protocol';
import { Hono } from 'hono';
import type { Context } from 'hono';
import type { AuditLog } from '../audit/audit-log.ts';
import type { AuditAction, AuditTarget } from '../audit/audit-entry.ts';
import type { Rollouts } from '../rollout/rollouts.ts';
import type { VersionState } from '../rollout/version-state.ts';
import type { Scope } from '../settings/admin.ts';
import { missingScope } from './access.ts';
import type { Access } from './access.ts';
import type { AdminDirectory } from './admin-directory.ts';
import { json } from './json.ts';
import { problem } from './problem.ts';
import type { AdminProblemCode } from './problem.ts';
import { readVersionQuery } from './version-query.ts';
import type { InstanceView, Views } from './views.ts';

export interface OperatorApiOptions {
  readonly access: Access;
  readonly audit: Pick<AuditLog, 'record'>;
  readonly directory: AdminDirectory;
  readonly rollouts?: Pick<Rollouts, 'decide'> | undefined;
  readonly views: Views;
}

/** What an operator asks for. */
interface Change {
  readonly action: AuditAction;
  readonly target: AuditTarget;
  /** Makes the change. Returns the body of the response, or why it is refused. */
  readonly make: () => object | Refusal;
}

class Refusal {
  readonly code: AdminProblemCode;
  readonly detail: string;

  constructor(code: AdminProblemCode, detail: string) {
    this.code = code;
    this.detail = detail;
  }
}

/** What an operator changes: drains, instances and services that are forgotten, and decisions about versions. */
export function operatorApi(options: OperatorApiOptions): Hono {
  const { access, audit, directory, rollouts, views } = options;
  const app = new Hono();

  /** Adds a path. Each change at it needs the scope, and is recorded in the audit log. */
  function onPost(path: string, scope: Scope, read: (c: Context) => Change | Refusal): void {
    app.post(path, (c) => {
      const change = read(c);
      const { token } = c.get('caller');
      const isAllowed = token?.scopes.includes(scope) === true;
      if (change instanceof Refusal)
        return isAllowed ? problem(c, change.code, change.detail) : missingScope(c, scope);
      const from = access.clientAddress(c);
      const { action, target } = change;
      const outcome = isAllowed ? change.make() : new Refusal('missing-scope', '');
      const reason = outcome instanceof Refusal ? outcome.code : undefined;
      if (isAllowed || access.isRecorded(from))
        audit.record({
          action,
          ...(token !== undefined && { who: token.name }),
          from,
          target,
          result: reason === undefined ? 'accepted' : 'refused',
          ...(reason !== undefined && { reason }),
        });
      if (!isAllowed) return missingScope(c, scope);
      if (outcome instanceof Refusal) return problem(c, outcome.code, outcome.detail);
      return json(c, outcome);
    });
  }

  /** Adds a path of a change of an instance. */
  function onInstance(
    name: 'drain' | 'undrain' | 'forget',
    action: AuditAction,
    change: (view: InstanceView) => Refusal | undefined,
  ): void {
    onPost(`/api/instances/:key/${name}`, 'drain', (c) => {
      const key = c.req.param('key') ?? '';
      const find = (): InstanceView | undefined => views.instances({ keys: [key] })[0];
      const before = find();
      const make = (): object =>
        before === undefined
          ? new Refusal('unknown-instance', `No instance has the key ${quote(key)}.`)
          : (change(before) ?? find() ?? before);
      return { action, target: targetOf(key, before), make };
    });
  }

  onInstance('drain', 'drain', ({ key }) => {
    directory.drain(key, true);
    return undefined;
  });
  onInstance('undrain', 'undrain', ({ key }) => {
    directory.drain(key, false);
    return undefined;
  });
  onInstance('forget', 'forget-instance', ({ key, status }) => {
    if (status !== 'down')
      return new Refusal(
        'not-down',
        `It is ${status}: only an instance that is down is forgotten.`,
      );
    directory.forget(key);
    return undefined;
  });
  onPost('/api/services/forget', 'drain', (c) => {
    const parsed = parsePrefix(c.req.query('prefix'));
    if (!parsed.ok) return new Refusal('bad-query', parsed.refusal.reason);
    const prefix = parsed.value;
    const make = (): object => forgetService(prefix, options);
    return { action: 'forget-service', target: { prefix: prefix || '/' }, make };
  });
  onPost('/api/services/versions', 'versions', (c) => {
    const query = readVersionQuery(c.req.query());
    if (typeof query === 'string') return new Refusal('bad-query', query);
    const { prefix, version, state } = query;
    const named = version === '' ? 'instances without a version' : `version ${quote(version)}`;
    const make = (): object =>
      rollouts?.decide(prefix, version, state) ??
      new Refusal('unknown-version', `${quote(prefix || '/')} has no ${named}.`);
    return { action: VERSION_ACTIONS[state], target: { prefix: prefix || '/', version }, make };
  });
  return app;
}

const VERSION_ACTIONS: Readonly<Record<VersionState, AuditAction>> = {
  accepted: 'promote-version',
  held: 'hold-version',
  testing: 'reset-version',
};

/** An instance is gone by the time that its key is read in the audit log. */
function targetOf(key: string, view: InstanceView | undefined): AuditTarget {
  if (view === undefined) return { key };
  const { prefix, address, port } = view.announcement;
  return { prefix: prefix || '/', key, address, port };
}

function forgetService(prefix: string, { directory, views }: OperatorApiOptions): object | Refusal {
  const service = views.services().find((each) => each.prefix === prefix);
  if (service === undefined)
    return new Refusal('unknown-service', `No service has the prefix ${quote(prefix || '/')}.`);
  const instances = directory.instances(prefix);
  if (instances.some(({ status }) => status !== 'down'))
    return new Refusal('not-down', 'Only a service whose instances are all down is forgotten.');
  // One that is forgotten may have stood for another at its address and port.
  for (let rest = instances; rest.length > 0; rest = directory.instances(prefix))
    for (const { key } of rest) directory.forget(key);
  directory.forgetPrefix(prefix);
  return service;
}
