import type { ClientFrame } from '@rollcall/protocol/pusher';
import type { MaybePromise } from '../app/maybe-promise.ts';
import { UnavailableError } from '../app/unavailable-error.ts';

/** A frame that waits until the app has answered an earlier call about the same channel. */
export interface HeldFrame {
  readonly frame: Extract<ClientFrame, { readonly channel: string }>;
  /** Length of the text that the frame was parsed from. */
  readonly size: number;
  /** In milliseconds of the session's clock. */
  readonly receivedAt: number;
}

/** Maximum size of all held frames of a client, in characters. */
export const MAX_HELD_SIZE = 262_144;

/** Approximate memory of a held frame besides its text. */
const OVERHEAD = 200;

export interface ChannelCallsListener {
  /** Called when the app has answered late, with the frames about the channel that were held, in order. */
  release(channel: string, held: readonly HeldFrame[]): void;
  /** Called with any late error that is not an {@link UnavailableError}. */
  failed(error: unknown): void;
}

/**
 * Calls an app for one client, one call at a time for each channel. While a call is pending, later frames about its channel are
 * held. If the app answers at once, nothing is held or allocated.
 */
export class ChannelCalls {
  readonly #listener: ChannelCallsListener;
  /** By channel with a pending call. */
  #held: Map<string, HeldFrame[]> | undefined;
  #heldSize = 0;

  constructor(listener: ChannelCallsListener) {
    this.#listener = listener;
  }

  isPending(channel: string): boolean {
    return this.#held?.has(channel) === true;
  }

  /** Calls the app about a channel without a pending call. Handles the answer at once, or when it comes. */
  call<T>(
    channel: string,
    call: () => MaybePromise<T>,
    handle: (result: T | UnavailableError) => void,
  ): void {
    const answer = attempt(call);
    if (answer instanceof Promise) void this.#handleLater(channel, answer, handle);
    else handle(answer);
  }

  /** Holds a frame about a channel with a pending call. Returns whether there is room for it. */
  hold(held: HeldFrame): boolean {
    const size = held.size + OVERHEAD;
    if (this.#heldSize + size > MAX_HELD_SIZE) return false;
    this.#heldSize += size;
    this.#held?.get(held.frame.channel)?.push(held);
    return true;
  }

  async #handleLater<T>(
    channel: string,
    answer: Promise<T>,
    handle: (result: T) => void,
  ): Promise<void> {
    this.#held ??= new Map();
    this.#held.set(channel, []);
    try {
      handle(await answer);
    } catch (error) {
      this.#listener.failed(error);
    }
    const held = this.#held.get(channel) ?? [];
    this.#held.delete(channel);
    for (const { size } of held) this.#heldSize -= size + OVERHEAD;
    try {
      this.#listener.release(channel, held);
    } catch (error) {
      this.#listener.failed(error);
    }
  }
}

/** Calls an app, and turns an {@link UnavailableError} into a result. */
export function attempt<T>(call: () => MaybePromise<T>): MaybePromise<T | UnavailableError> {
  try {
    const answer = call();
    return answer instanceof Promise ? answer.catch(asResult) : answer;
  } catch (error) {
    return asResult(error);
  }
}

function asResult(error: unknown): UnavailableError {
  if (error instanceof UnavailableError) return error;
  throw error;
}
