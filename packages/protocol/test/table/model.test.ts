import fc from 'fast-check';
import { describe, it } from 'vitest';
import { RULES } from '@rollcall/protocol';
import { histories, withoutReuse } from './histories.ts';
import { Run, same } from './model.ts';

/** On a busy machine fewer runs have to do. */
const RUNS = { numRuns: 300, interruptAfterTimeLimit: 10_000 };

describe('a table in random histories', () => {
  it.each(['always', 'suspect', 'never'] as const)(
    'holds and lists the latest announcements, with probes: %s',
    (probes) => {
      fc.assert(
        fc.property(histories, (history) => {
          const run = new Run(probes);
          for (const step of history) run.step(step);
        }),
        RUNS,
      );
    },
  );

  it.each(['always', 'suspect'] as const)(
    'finds the healthy instances eventually, with probes: %s',
    (probes) => {
      fc.assert(
        fc.property(withoutReuse, (history) => {
          const run = new Run(probes);
          for (const step of history) run.step(step);
          run.apply({ type: 'link', isUp: true });
          for (let waited = 0; waited < RULES.maxPauseMs + 3000; waited += 1000) {
            run.answerAll('ok');
            run.pass(1000);
          }
          run.answerAll('ok');
          run.expectAll('healthy');
        }),
        RUNS,
      );
    },
  );

  it('finds unresponsive instances eventually, with probes: always', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const run = new Run('always');
        for (const step of history) run.step(step);
        run.apply({ type: 'link', isUp: true });
        for (let waited = 0; waited < RULES.settleMs + 3000; waited += 50) {
          run.answerAll('failed');
          run.pass(50);
        }
        run.expectAll('down');
      }),
      RUNS,
    );
  });

  it('keeps requests from instances that accept connections and answer nothing', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const run = new Run('always');
        for (const step of history) run.step(step);
        run.apply({ type: 'link', isUp: true });
        for (let waited = 0; waited < RULES.settleMs + RULES.maxPauseMs; waited += 1000) {
          run.hangAll();
          run.pass(1000);
        }
        run.hangAll();
        same(
          run.table.all().filter(({ status }) => status === 'healthy'),
          [],
        );
      }),
      RUNS,
    );
  });

  it('leaves no instance suspect forever, with probes: never', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const run = new Run('never');
        for (const step of history) run.step(step);
        run.apply({ type: 'link', isUp: true });
        run.pass(RULES.suspectMs);
        // A lease may have lapsed at the end of that.
        run.pass(RULES.suspectMs);
        same(
          run.table.all().filter(({ status }) => status === 'suspect'),
          [],
        );
      }),
      RUNS,
    );
  });
});
