import type { InstanceView } from '@rollcall/gateway';
import { hostPort } from './host-port.ts';

/** A change that a button makes at the gateway, for which it requires the token. */
export interface AdminAction {
  readonly label: 'Drain' | 'Undrain' | 'Forget';
  /** An address and port, or a prefix. */
  readonly target: string;
  /** What it does, as a tooltip. */
  readonly title: string;
  /** What it does, at length. */
  readonly effect: string;
  /** Of the admin API. */
  readonly path: string;
}

export function toggleDrain(instance: InstanceView): AdminAction {
  const target = hostPort(instance.announcement);
  if (instance.isDrained) {
    const title = 'Send it new requests again';
    return { label: 'Undrain', target, title, effect: '', path: pathOf(instance, 'undrain') };
  }
  return {
    label: 'Drain',
    target,
    title: 'Send it no new requests',
    effect:
      'This gateway sends it no new requests until it is undrained or restarts. Requests in flight continue. Other gateways are not affected.',
    path: pathOf(instance, 'drain'),
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
  };
}

function pathOf({ key }: InstanceView, act: string): string {
  return `api/instances/${encodeURIComponent(key)}/${act}`;
}
