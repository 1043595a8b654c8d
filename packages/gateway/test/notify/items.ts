import type { Instance } from '@rollcall/client';
import type { NewsItem } from '../../src/notify/news.ts';

/** A healthy instance of /v1. */
export function instance(fields: Partial<Instance> = {}): Instance {
  return {
    key: 'a',
    announcement: { prefix: '/v1', address: '10.0.0.7', port: 3000, id: 'a', inc: 1 },
    status: 'healthy',
    since: 0,
    ...fields,
  };
}

/** An instance that is down. */
export function item(fields: Partial<NewsItem> = {}): NewsItem {
  const { key, announcement } = instance();
  return {
    kind: 'down',
    subject: 'a 1',
    state: 'down',
    at: 0,
    prefix: '/v1',
    instance: { key, announcement },
    text: '10.0.0.7:3000 is down: its port refuses connections',
    ...fields,
  };
}
