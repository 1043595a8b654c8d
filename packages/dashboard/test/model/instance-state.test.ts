import { expect, it } from 'vitest';
import { describeState } from '../../src/model/instance-state.ts';

it.each([
  ['healthy', 'Healthy', 'good'],
  ['suspect', 'Suspect', 'warning'],
  ['down', 'Down', 'bad'],
  ['draining', 'Draining', 'paused'],
  ['drained', 'Drained', 'paused'],
] as const)('%s is shown as %s in the tone %s', (state, label, tone) => {
  expect(describeState({ state, isRoutable: false })).toMatchObject({ label, tone });
});

const meaning = (isRoutable: boolean) => describeState({ state: 'suspect', isRoutable }).meaning;

it('a suspect instance says whether it receives traffic', () => {
  expect(meaning(true)).toMatch(/receives traffic, because no instance is healthy/);
  expect(meaning(false)).toMatch(/receives no traffic while another instance is healthy/);
});
