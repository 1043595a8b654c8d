import { describe, expect, it } from 'vitest';
import { NodeReports } from '../../src/cluster/node-reports.ts';

const report = (address: string) => ({ address, startedAt: 1, apps: [] });

/** Nodes that hear each other. */
function nodesNamed(...names: string[]) {
  const said: string[] = [];
  const nodes = new Map<string, NodeReports>();
  for (const node of names) {
    const reports = new NodeReports({
      node,
      peers: () => names.filter((each) => each !== node),
      publish: async (message) => {
        said.push(message);
        for (const each of nodes.values()) each.receive(message);
      },
    });
    nodes.set(node, reports);
  }
  const nodeOf = (name: string): NodeReports => {
    const found = nodes.get(name);
    if (found === undefined) throw new Error(`no node ${name}`);
    return found;
  };
  return { said, nodeOf };
}

describe('a node that asks', () => {
  it('has what every node says of itself', async () => {
    const { nodeOf, said } = nodesNamed('a', 'b');
    nodeOf('a').introduce(() => report('a:1'));
    nodeOf('b').introduce(async () => report('b:1'));
    expect(said, 'nothing is said unasked').toEqual([]);
    const expected = new Map([
      ['a', report('a:1')],
      ['b', report('b:1')],
    ]);
    expect(await Promise.all([nodeOf('a').ask(), nodeOf('a').ask()])).toEqual([expected, expected]);
    expect(said, 'one question and one answer for both').toHaveLength(2);
  });

  it('leaves out a node that does not answer', async () => {
    const { nodeOf } = nodesNamed('a', 'b', 'c');
    nodeOf('b').introduce(() => report('b:1'));
    expect([...(await nodeOf('a').ask()).keys()]).toEqual(['b']);
  });

  it('has its own while the link is down', async () => {
    const alone = new NodeReports({
      node: 'a',
      peers: () => ['b'],
      publish: () => Promise.reject(new Error('down')),
    });
    alone.introduce(() => report('a:1'));
    expect([...(await alone.ask()).keys()]).toEqual(['a']);
  });

  it.each([
    'no JSON',
    '[]',
    '{"node":"b","report":{"address":1}}',
    '{"node":"b","report":{"address":"b","startedAt":1,"apps":[{"appId":"1"}]}}',
  ])('ignores %s', async (text) => {
    const { nodeOf } = nodesNamed('a', 'b');
    const answer = nodeOf('a').ask();
    nodeOf('a').receive(text);
    expect([...(await answer).keys()]).toEqual([]);
  });
});
