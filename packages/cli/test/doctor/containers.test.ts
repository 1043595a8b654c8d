import { expect, it } from 'vitest';
import { readContainer } from '../../src/docker/container.ts';
import type { Container } from '../../src/docker/container.ts';
import { judgeContainers } from '../../src/doctor/containers.ts';
import { inspected } from '../docker/containers.ts';

function container(change: Record<string, unknown> = {}): Container {
  const read = readContainer(inspected());
  if (read === undefined) throw new Error('no container');
  return { ...read, ...change };
}

const ANNOUNCED = { prefix: '/v1', address: '10.0.0.5', port: 32_768, id: 'docker-aaaaaaaaaaaa' };

it.each<[string, Parameters<typeof judgeContainers>[0], string[]]>([
  ['an engine that cannot be read', new Error('no access'), ['skip no access']],
  ['no container with labels', [], []],
  ['one that is announced', [container()], ['ok web-a: /v1 at 10.0.0.5:32768']],
  [
    'one that is not',
    [container({ id: 'b'.repeat(64) })],
    ['fail web-a has labels, and is not announced'],
  ],
  [
    'one with a fault',
    [container({ id: 'b'.repeat(64), bindings: new Map() })],
    ['warn web-a is not announced: its port 80 is not published: publish it, or use --network'],
  ],
  [
    'one that is unhealthy',
    [container({ id: 'b'.repeat(64), health: 'unhealthy' })],
    ['warn web-a is not announced: its HEALTHCHECK fails'],
  ],
])('finds %s', (_what, seen, expected) => {
  const findings = judgeContainers(seen, [ANNOUNCED], '10.0.0.5');
  expect(findings.map(({ level, found }) => `${level} ${found}`)).toEqual(expected);
});
