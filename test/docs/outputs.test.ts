import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentedOutputs, LiveSystem, shapeOf } from '../../scripts/docs/outputs.js';
import { hasGo } from '../support/available.ts';

const documented = documentedOutputs();

// One of the example services, which the outputs show, is in Go.
describe.skipIf(!hasGo)('the outputs in the documents', () => {
  let system: LiveSystem;
  beforeAll(async () => {
    system = await LiveSystem.start();
  });
  afterAll(() => system.stop());

  it('include the commands of the first steps', () => {
    const commands = documented.map(({ command }) => command).join('\n');
    for (const name of ['ls', 'explain', 'top', 'doctor']) expect(commands).toContain(name);
  });

  it.each(documented)('$file: $command', async ({ command, output }) => {
    expect(output).not.toBe('');
    await expect
      .poll(async () => {
        await system.generate();
        const real = new Set(shapeOf(system.run(command)));
        return shapeOf(output).filter((line) => !real.has(line));
      })
      .toEqual([]);
  });
});
