import { expect, it } from 'vitest';
import { exposition } from '../../src/metrics/exposition.ts';

it('writes the text format that Prometheus reads', () => {
  expect(
    exposition([
      {
        name: 'a_total',
        help: 'How many',
        type: 'counter',
        samples: [
          { labels: { app: '1' }, value: 3 },
          { labels: { app: 'quote " slash \\ line \n' }, value: 0.5 },
        ],
      },
      { name: 'b', help: 'One', type: 'gauge', samples: [{ labels: {}, value: 1e6 }] },
    ]),
  ).toBe(
    [
      '# HELP a_total How many',
      '# TYPE a_total counter',
      'a_total{app="1"} 3',
      String.raw`a_total{app="quote \" slash \\ line \n"} 0.5`,
      '# HELP b One',
      '# TYPE b gauge',
      'b 1000000',
      '',
    ].join('\n'),
  );
});
