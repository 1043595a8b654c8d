import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { requestOf } from '../../src/notify/requests.ts';
import { instance, item } from './items.ts';

const URL = 'https://hooks.example.com/T0/x';
const context = {
  gateway: 'rollcall-1',
  link: 'https://gateway.internal:1501',
  shareOf: () => ({ receiving: 2, instances: 3 }),
};
const slack = (...items: ReturnType<typeof item>[]): string => {
  const target = { kind: 'slack', url: URL, secret: undefined } as const;
  const { body } = requestOf(target, { id: 'm', items }, context);
  return (JSON.parse(body) as { text: string }).text;
};

describe('a message for programs', () => {
  const target = { kind: 'webhook', url: URL, secret: 's3cret' } as const;
  const { headers, body, url } = requestOf(target, { id: 'm', items: [item()] }, context);

  it('has each event with its instance, what is left, and a link', () => {
    expect(JSON.parse(body)).toEqual({
      id: 'm',
      gateway: 'rollcall-1',
      events: [
        {
          event: 'down',
          at: '1970-01-01T00:00:00.000Z',
          message: '10.0.0.7:3000 is down: its port refuses connections',
          prefix: '/v1',
          receiving: 2,
          instances: 3,
          instance: { key: 'a', prefix: '/v1', address: '10.0.0.7', port: 3000, id: 'a', inc: 1 },
          explain: 'https://gateway.internal:1501/#explain=%2Fv1%2F',
        },
      ],
    });
    expect(url).toBe(URL);
  });

  it('has the key of the instance, and not what the instance announces as such', () => {
    const evil = instance();
    const announcement = { ...evil.announcement, extra: { key: 'victim' } };
    const items = [item({ instance: { ...evil, announcement } })];
    expect(requestOf(target, { id: 'm', items }, context).body).toContain('"key":"a"');
  });

  it('is signed, and has a key by which a receiver knows it again', () => {
    expect(headers).toEqual({
      'content-type': 'application/json',
      'idempotency-key': 'm',
      'x-rollcall-signature': createHmac('sha256', 's3cret').update(body).digest('hex'),
    });
  });

  it('has a bounded number of events', () => {
    const items = Array.from({ length: 150 }, () => item());
    const { events, more } = JSON.parse(requestOf(target, { id: 'm', items }, context).body) as {
      events: unknown[];
      more: number;
    };
    expect([events.length, more]).toEqual([100, 50]);
  });
});

describe('a message for Slack', () => {
  it('has the events of each prefix together', () => {
    const certificate = { kind: 'certificate', text: 'the certificate expires' } as const;
    const { prefix: _none, ...rest } = item(certificate);
    expect(slack(item(), rest, item({ kind: 'recovered', text: 'b is healthy again' }))).toBe(
      [
        '*/v1* 2 of 3 instances receive traffic <https://gateway.internal:1501/#explain=%2Fv1%2F|explain>',
        ':red_circle: 10.0.0.7:3000 is down: its port refuses connections',
        ':large_green_circle: b is healthy again',
        ':closed_lock_with_key: the certificate expires',
      ].join('\n'),
    );
  });

  it('has no link or mention that a service chose', () => {
    expect(slack(item({ text: '<!channel> & <http://evil|x>' }))).toContain(
      '&lt;!channel&gt; &amp; &lt;http://evil|x&gt;',
    );
    // Mattermost and Discord read Markdown.
    expect(slack(item({ text: '@channel [x](http://evil)' }))).not.toMatch(/@channel|\]\(/);
  });

  it('has no link for upstreams of a route, whose name is no path', () => {
    expect(slack(item({ prefix: 'a.example.com/ (upstreams)' }))).not.toContain('explain');
  });

  it('is short, however much has happened', () => {
    const text = slack(...Array.from({ length: 90 }, () => item()));
    expect(text.split('\n')).toHaveLength(22);
    expect(text).toMatch(/and 70 more$/);
    // Discord takes no more.
    const prefixes = Array.from({ length: 20 }, (_, at) => item({ prefix: `/prefix-${at}` }));
    const many = slack(...prefixes);
    expect(slack(item({ text: 'x'.repeat(5000) })).length).toBeLessThan(2000);
    expect(many.length).toBeLessThan(2000);
    expect(many).toMatch(/and [0-9]+ more$/);
  });

  it('counts the instances of each prefix once', () => {
    const asked: string[] = [];
    const shareOf = (prefix: string) => {
      asked.push(prefix);
      return { receiving: 0, instances: 1 };
    };
    const items = Array.from({ length: 20 }, (_, at) => item({ prefix: `/prefix-${at}` }));
    const target = { kind: 'slack', url: URL, secret: undefined } as const;
    requestOf(target, { id: 'm', items }, { ...context, shareOf });
    expect(asked).toEqual([...new Set(asked)]);
  });
});
