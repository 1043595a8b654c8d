import type { CallerView, InstanceView, Scope } from '@rollcall/gateway';
import { hostPort } from './host-port.ts';

/** What a person may decide about a version. */
export type VersionDecision = 'Promote' | 'Hold' | 'Reset';

/** A change that a button makes at the gateway, for which it requires the token. */
export interface AdminAction {
  readonly label: 'Drain' | 'Undrain' | 'Forget' | VersionDecision;
  /** An address and port, or a prefix. */
  readonly target: string;
  /** What it does, as a tooltip. */
  readonly title: string;
  /** What it does, at length. */
  readonly effect: string;
  /** Of the admin API. */
  readonly path: string;
  /** What the token must allow. */
  readonly scope: Scope;
}

/** Says why a token does not allow an action; undefined if it does, or if no token is known. */
export function missingScope(
  { name, scopes }: CallerView,
  { scope }: Pick<AdminAction, 'scope'>,
): string | undefined {
  if (name === undefined || scopes.includes(scope)) return undefined;
  return `The token ${name} does not have the scope “${scope}”.`;
}

export function toggleDrain(instance: InstanceView): AdminAction {
  const target = hostPort(instance.announcement);
  if (instance.isDrained) {
    const title = 'Send it new requests again';
    return {
      label: 'Undrain',
      target,
      title,
      effect: '',
      path: pathOf(instance, 'undrain'),
      scope: 'drain',
    };
  }
  return {
    label: 'Drain',
    target,
    title: 'Send it no new requests',
    effect:
      'This gateway sends it no new requests until it is undrained or restarts. Requests in flight continue. Other gateways are not affected.',
    path: pathOf(instance, 'drain'),
    scope: 'drain',
  };
}

/** Only for an instance that is down. */
export function forgetInstance(instance: InstanceView): AdminAction {
  return {
    label: 'Forget',
    target: hostPort(instance.announcement),
    title: 'Remove it until it is announced again',
    effect: 'This gateway removes it until it is announced again. Other gateways are not affected.',
    path: pathOf(instance, 'forget'),
    scope: 'drain',
  };
}

/** Only for a service whose instances are all gone or down. */
export function forgetService(prefix: string): AdminAction {
  const target = prefix || '/';
  return {
    label: 'Forget',
    target,
    title: 'Remove the service until it is announced again',
    effect:
      'This gateway removes the service until it is announced again: requests get 404 instead of 503. Other gateways are not affected.',
    path: `api/services/forget?prefix=${encodeURIComponent(target)}`,
    scope: 'drain',
  };
}

const DECISIONS = {
  Promote: {
    title: 'Give it its whole share',
    effect:
      'This gateway treats the version as an old one: its share is that of its instances. Other gateways are not affected.',
  },
  Hold: {
    title: 'Send it no requests',
    effect:
      'This gateway sends the version no requests while other versions can bear them. Other gateways are not affected.',
  },
  Reset: {
    title: 'Compare it anew',
    effect:
      'This gateway compares the version anew, beginning with a share of 5 %. Other gateways are not affected.',
  },
} as const;

export function decideVersion(
  prefix: string,
  version: string,
  decision: VersionDecision,
): AdminAction {
  const query = new URLSearchParams({
    prefix: prefix || '/',
    version,
    decision: decision.toLowerCase(),
  });
  return {
    label: decision,
    target: `${version || 'no version'} of ${prefix || '/'}`,
    ...DECISIONS[decision],
    path: `api/services/versions?${query.toString()}`,
    scope: 'versions',
  };
}

function pathOf({ key }: InstanceView, act: string): string {
  return `api/instances/${encodeURIComponent(key)}/${act}`;
}
