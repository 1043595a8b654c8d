import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { UnavailableError } from '../../../../src/app/unavailable-error.ts';
import { Node } from './fixture.ts';
import type { Engine } from './fixture.ts';

/** An engine that can stop answering without closing connections. */
export interface HangingEngine extends Engine {
  hang(): Promise<void>;
  resume(): void;
}

/** Tests what every bus does while its engine does not answer. */
export function describeHangs(start: () => Promise<HangingEngine>): void {
  describe('an engine that hangs', () => {
    let engine: HangingEngine;
    let node: Node;
    beforeAll(async () => {
      engine = await start();
    });
    afterEach(() => node.bus.close());
    afterAll(() => engine.end());

    it('is noticed within 2 s, by a publisher and without one, and is used again later', async () => {
      node = await Node.open(engine);
      const idle = await Node.open(engine);
      await node.bus.listen('a');
      await engine.hang();
      const begun = performance.now();
      await expect(node.bus.publish('a', 'x')).rejects.toThrow(UnavailableError);
      expect(performance.now() - begun).toBeLessThan(2000);
      await expect(node.bus.publish('a', 'x')).rejects.toThrow(UnavailableError);
      await Promise.all([node.isDown(), idle.isDown()]);
      expect(performance.now() - begun).toBeLessThan(3500);
      expect(node.reasons).toContain('it does not answer');
      engine.resume();
      await Promise.all([node.isUp(), idle.isUp()]);
      await idle.bus.publish('a', 'y');
      // What was refused may have been delivered.
      await expect.poll(() => node.of('a').at(-1)).toBe('y');
      await idle.bus.close();
    });

    it('does not hold up close', async () => {
      node = await Node.open(engine);
      await engine.hang();
      const refused = expect(node.bus.publish('a', 'x')).rejects.toThrow(UnavailableError);
      const begun = performance.now();
      await node.bus.close();
      expect(performance.now() - begun).toBeLessThan(1000);
      await refused;
      engine.resume();
    });
  });
}
