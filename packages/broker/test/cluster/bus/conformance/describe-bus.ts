import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { UnavailableError } from '../../../../src/app/unavailable-error.ts';
import { Node } from './fixture.ts';
import type { Engine } from './fixture.ts';

/** What could end a message, a line or a frame early. */
const HOSTILE = [
  '',
  '\0',
  '\r\n',
  '$3\r\nabc\r\n',
  '*1\r\n$4\r\nPING\r\n',
  'PUB a 1\r\nx\r\n',
  '"\\u0000"',
  '\u2028\u2029\uFEFF\uFFFD',
  'h\u00E9llo \u{1F600} \u0301',
  '\u{10FFFF}',
  ' leading and trailing ',
];

/** Tests what every bus does. */
export function describeBus(start: () => Promise<Engine>): void {
  let engine: Engine;
  const nodes: Node[] = [];
  beforeAll(async () => {
    engine = await start();
  });
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(({ bus }) => bus.close()));
  });
  afterAll(() => engine.end());

  const open = async (): Promise<Node> => {
    const node = await Node.open(engine);
    nodes.push(node);
    return node;
  };
  const pair = async (): Promise<[Node, Node]> => [await open(), await open()];

  describe('messages', () => {
    it('reach every node that listens, the sender too, once and in order', async () => {
      const [one, two] = await pair();
      const deaf = await open();
      await Promise.all([one.bus.listen('a'), two.bus.listen('a'), two.bus.listen('b')]);
      const sent = Array.from({ length: 1000 }, (_, n) => String(n));
      await Promise.all(sent.map((message) => one.bus.publish('a', message)));
      await one.bus.publish('b', 'last');
      await two.received('b', ['last']);
      await Promise.all([one, two].map((node) => node.received('a', sent)));
      expect(deaf.messages).toEqual([]);
    });

    it('arrive unchanged, with any content', async () => {
      const [one, two] = await pair();
      await two.bus.listen('hostile');
      for (const message of HOSTILE) await one.bus.publish('hostile', message);
      await two.received('hostile', HOSTILE);
    });

    it('may have 1 MiB', async () => {
      const [one, two] = await pair();
      await two.bus.listen('large');
      const large = ['x'.repeat(2 ** 20), '\u00E9'.repeat(2 ** 19)];
      await Promise.all(large.map((message) => one.bus.publish('large', message)));
      await two.received('large', large);
    });

    it('arrive on subjects that the bus listens to, and on no others', async () => {
      const [one, two] = await pair();
      await Promise.all(['a', 'b'].map((subject) => two.bus.listen(subject)));
      two.bus.unlisten('a');
      await one.bus.publish('a', 'unwanted');
      await one.bus.publish('b', 'wanted');
      await two.received('b', ['wanted']);
      await two.bus.listen('a');
      await one.bus.publish('a', 'again');
      await two.received('a', ['again']);
    });

    it('arrive once, however often and however the bus was asked to listen', async () => {
      const [one, two] = await pair();
      await Promise.all([two.bus.listen('a'), two.bus.listen('a')]);
      two.bus.unlisten('a');
      const last = two.bus.listen('a');
      two.bus.unlisten('b');
      await last;
      await two.bus.listen('a');
      await one.bus.publish('a', 'one');
      await one.bus.publish('a', 'two');
      await two.received('a', ['one', 'two']);
    });
  });

  describe('a link', () => {
    it('is down while the engine is, refuses at once, and is established again by itself', async () => {
      const [one, two] = await pair();
      await Promise.all([one.bus.listen('a'), two.bus.listen('a')]);
      await engine.stop();
      await Promise.all([one.isDown(), two.isDown()]);
      const begun = performance.now();
      await expect(one.bus.publish('a', 'refused')).rejects.toThrow(UnavailableError);
      expect(performance.now() - begun).toBeLessThan(100);
      const late = one.bus.listen('late');
      two.bus.unlisten('a');
      const withdrawn = two.bus.listen('withdrawn');
      two.bus.unlisten('withdrawn');
      await withdrawn;

      await engine.start();
      await Promise.all([one.isUp(), two.isUp(), late]);
      await two.bus.publish('a', 'accepted');
      await two.bus.publish('late', 'accepted');
      await one.received('late', ['accepted']);
      await one.received('a', ['accepted']);
      expect(two.messages).toEqual([]);
    });

    it('comes up when the engine starts after the node', async () => {
      await engine.stop();
      const node = await Node.opening(engine);
      nodes.push(node);
      await expect(node.bus.publish('a', 'refused')).rejects.toThrow(UnavailableError);
      const listening = node.bus.listen('a');
      await engine.start();
      await listening;
      await node.isUp();
      await node.bus.publish('a', 'accepted');
      await node.received('a', ['accepted']);
    });
  });

  describe('close', () => {
    it('leaves no socket, whether the link is up or not', async () => {
      const before = sockets();
      const [one, two] = await pair();
      await Promise.all([one.bus.listen('a'), two.bus.publish('a', 'x')]);
      await Promise.all([one.bus.close(), two.bus.close()]);
      expect(sockets()).toEqual(before);
      const three = await open();
      await engine.stop();
      await three.isDown();
      await three.bus.close();
      expect(sockets()).toEqual(before);
      await engine.start();
    });

    it('settles what is pending, refuses what follows, and reports nothing more', async () => {
      const [one, two] = await pair();
      await two.bus.listen('a');
      await engine.stop();
      await Promise.all([one.isDown(), two.isDown()]);
      const pending = two.bus.listen('b');
      const reported = two.links.length;
      await Promise.all([two.bus.close(), two.bus.close(), pending]);
      await expect(two.bus.publish('a', 'refused')).rejects.toThrow(UnavailableError);
      await two.bus.listen('c');
      two.bus.unlisten('c');

      await engine.start();
      await one.isUp();
      await one.bus.publish('a', 'unheard');
      expect(two.messages).toEqual([]);
      expect(two.links).toHaveLength(reported);
    });
  });
}

/** Which sockets keep the process alive. */
function sockets(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /^T[CL]/.test(name));
}
