import { describe, expect, it } from 'vitest';
import type { Instance } from '@rollcall/client';
import { lineText } from '../../src/terminal/line.ts';
import { watchPage } from '../../src/watch/watch-screen.ts';

function instance(port: number): Instance {
  const id = '40033bbd-01e7-4c58-9a4e-2f7f1c8d6b11';
  const announcement = { prefix: '/v1', address: '10.0.0.1', port, name: 'web', id };
  return { key: id, announcement, status: 'healthy', since: 0 };
}

describe('rollcall watch in a terminal', () => {
  it('shows the start of each id, and wraps a long reason', () => {
    const event = '13:04:05  down        /v1  10.0.0.1:3000  its port refuses connections';
    const { head, body, foot } = watchPage(
      'broker:6001',
      [instance(3000)],
      [event],
    )({
      rows: 24,
      columns: 60,
    });
    expect([...head, ...body, ...foot].map((line) => lineText(line, false))).toEqual([
      'broker:6001  1 instance',
      '',
      'PREFIX  ADDRESS        NAME  STATE    ID',
      '/v1     10.0.0.1:3000  web   healthy  40033bbd',
      '',
      '13:04:05  down        /v1  10.0.0.1:3000  its port refuses',
      '          connections',
      '',
      'arrows scroll, q quits',
    ]);
  });

  it('keeps room for the latest events below a long table', () => {
    const instances = Array.from({ length: 50 }, (_, index) => instance(3000 + index));
    const events = Array.from({ length: 20 }, (_, index) => `event ${index}`);
    const { foot } = watchPage('broker:6001', instances, events)({ rows: 24, columns: 80 });
    expect(foot.slice(1, 4)).toEqual([['event 19'], ['event 18'], ['event 17']]);
    expect(foot).toHaveLength(9);
  });
});
