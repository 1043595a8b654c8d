import { describe, expect, it } from 'vitest';
import {
  messages,
  monotonicTime,
  number,
  object,
  optional,
  text,
} from '../../src/workers/codec.ts';

type Message =
  | { readonly type: 'move'; readonly to: string; readonly at: number; readonly why?: string }
  | { readonly type: 'stop' };

const MESSAGE = messages<Message>({
  move: { to: text, at: monotonicTime, why: optional(text) },
  stop: {},
});

describe('a described message', () => {
  it.each<Message>([
    { type: 'move', to: 'a', at: 5 },
    { type: 'move', to: 'a', at: 5, why: 'b' },
    { type: 'stop' },
  ])('arrives as it was sent: %j', (message) => {
    expect(MESSAGE.decode(MESSAGE.encode(message, 0), 0)).toEqual(message);
  });

  it('has no property that is not described', () => {
    expect(MESSAGE.encode({ type: 'stop', secret: 1 } as Message, 0)).toEqual({ type: 'stop' });
  });

  it('translates times between processes that began at different moments', () => {
    const sent = MESSAGE.encode({ type: 'move', to: 'a', at: 5 }, 1000);
    expect(MESSAGE.decode(sent, 2000)).toMatchObject({ at: -995 });
  });

  it('does not compile without every kind and property', () => {
    // @ts-expect-error `stop` is missing
    messages<Message>({ move: { to: text, at: number, why: optional(text) } });
    // @ts-expect-error `at` is missing
    object<{ to: string; at: number }>({ to: text });
    // @ts-expect-error `why` may be missing from a message
    object<{ why?: string }>({ why: text });
    // @ts-expect-error there is no `from`
    object<{ to: string }>({ to: text, from: text });
  });
});
