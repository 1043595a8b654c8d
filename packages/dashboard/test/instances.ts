import type { InstanceView } from '@rollcall/gateway';

/** A healthy instance that receives traffic, with these fields changed. */
export function instance(fields: Partial<InstanceView> = {}): InstanceView {
  return {
    key: 'a',
    announcement: { prefix: '/v1', address: '10.0.0.1', port: 1, id: 'a', inc: 1 },
    status: 'healthy',
    state: 'healthy',
    isRoutable: true,
    isDrained: false,
    inFlight: 0,
    since: 0,
    evidence: {},
    ...fields,
  };
}
