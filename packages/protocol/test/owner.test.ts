import { describe, expect, it } from 'vitest';
import { Owner } from '@rollcall/protocol';

const SAID = { prefix: '/v1', address: '10.0.0.1', port: 1, id: 'a', inc: 1, seq: 0 };
/** Of one statement, which is another's. */
const DIGEST = 'x'.repeat(7);

describe('an owner that is asked by somebody whose digest does not have it', () => {
  it('answers, after a wait that grows with what the asker knows', () => {
    const owner = new Owner(SAID);
    owner.show();
    expect(owner.answerAfter({ digest: DIGEST, size: 1 }, 0.5)).toBe(1);
    expect(owner.answerAfter({ digest: DIGEST.repeat(100), size: 100 }, 0.5)).toBe(100);
  });

  it('is silent if the digest has no room for all and its presence channel shows what it would say', () => {
    const owner = new Owner(SAID);
    const rollCall = { digest: DIGEST.repeat(1200), size: 10_000 };
    expect(owner.answerAfter(rollCall, 0)).toBe(0);
    owner.show();
    expect(owner.answerAfter(rollCall, 0)).toBeUndefined();
    owner.update({ weight: 2 });
    expect(owner.answerAfter(rollCall, 0)).toBe(0);
  });
});
