import type { Instance } from '@rollcall/client';
import { schemeFacts } from '@rollcall/protocol';
import type { Upstream } from '@rollcall/proxy';
import type { InstanceTls } from '@rollcall/runtime';
import { hostFor } from './host-header.ts';

/** Returns how the connection to an instance is secured; undefined if the instance does not speak TLS. */
export type TlsFor = InstanceTls['optionsFor'];

/** Returns an instance as the proxy sees it. @param hostHeader see {@link hostFor} */
export function upstreamOf(instance: Instance, hostHeader: string, tlsFor: TlsFor): Upstream {
  const { key, announcement } = instance;
  const { address, port, scheme } = announcement;
  // As nearly all, and without anything to look up.
  const host = hostFor(hostHeader, instance);
  const to = host === undefined ? { key, address, port } : { key, address, port, host };
  if (scheme === undefined || scheme === 'http') return to;
  const tls = tlsFor(announcement);
  const { isHttp2 } = schemeFacts(announcement);
  return tls === undefined ? { ...to, isHttp2 } : { ...to, isHttp2, tls };
}
